"""What came of a pulse, in the words of whoever reads it: published readings and a small change, never a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import format_date, gettext

from dashboards.pages.last_time import LastTime
from dashboards.snapshots import Measure
from dashboards.trends import Reading, ReadingKind
from survey_app.phrases import phrase

Titles = Mapping[str, Mapping[str, str]]
"""The titles of scales by their ids and languages, as the instrument of today has them."""

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


def last_time_in_words(found: LastTime, titles: Titles, language: str) -> LastTimeWords:
    """What may be said to somebody of a team, in the language that is spoken just now."""
    change = found.small_change
    return LastTimeWords(
        wave=found.wave,
        together_with="" if found.is_own_team else found.group.name,
        lines=tuple((_title(titles, measure, language), _words(reading)) for measure, reading in found.readings),
        small_change=change.title if change else "",
        started=str(format_date(change.started_on, "d MMMM y")) if change else "",
    )


def _title(titles: Titles, measure: Measure, language: str) -> str:
    return titles.get(measure.id, {}).get(language, measure.title)


def _words(reading: Reading) -> str:
    words = gettext(_READINGS[reading.kind])
    if reading.is_better is None:
        return words
    return f"{words} ({gettext(_BETTER if reading.is_better else _WORSE)})"
