"""What came of the pulse before, in the words of whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import format_date, gettext

from dashboards.pages.last_time import build_last_time
from dashboards.snapshots import Measure
from dashboards.trends import Reading, ReadingKind
from survey_app.phrases import phrase
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.responding import AnswerSheet
from survey_app.views.languages import current_language

_READINGS = {
    ReadingKind.NOT_SHOWN: phrase("not enough answers to show"),
    ReadingKind.STARTING_POINT: phrase("a starting point"),
    ReadingKind.TOO_EARLY: phrase("too early to tell"),
    ReadingKind.USUAL: phrase("in the usual range"),
    ReadingKind.HIGHER: phrase("higher than usual"),
    ReadingKind.LOWER: phrase("lower than usual"),
}
_BETTER, _WORSE = phrase("better"), phrase("worse")


@dataclass(frozen=True)
class LastTimeWords:
    """A team's newest published wave, measure by measure, and the small change that had begun by then."""

    wave: str
    together_with: str
    lines: tuple[tuple[str, str], ...]
    small_change: str
    started: str


def last_time_of(sheet: AnswerSheet) -> LastTimeWords | None:
    """What may be said to somebody with this answer sheet; None where nothing was shown of their team."""
    found = build_last_time(DatabaseResults(sheet.programme), sheet.team_key)
    if found is None:
        return None
    change = found.small_change
    return LastTimeWords(
        wave=found.wave,
        together_with="" if found.is_own_team else found.group.name,
        lines=tuple((_title(sheet, measure), _words(reading)) for measure, reading in found.readings),
        small_change=change.title if change else "",
        started=str(format_date(change.started_on, "d MMMM y")) if change else "",
    )


def _title(sheet: AnswerSheet, measure: Measure) -> str:
    """The measure's name in the language of the page, where the instrument of today has it."""
    titles = {scale.id: scale.title for scale in sheet.instrument.scales}
    return titles.get(measure.id, {}).get(current_language(), measure.title)


def _words(reading: Reading) -> str:
    words = gettext(_READINGS[reading.kind])
    if reading.is_better is None:
        return words
    return f"{words} ({gettext(_BETTER if reading.is_better else _WORSE)})"
