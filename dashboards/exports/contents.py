"""What every export holds: published cells in order, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards import words
from dashboards.snapshots import Measure, PublishedCell, PublishedResults, PublishedWave, ReportingGroup, ShownCell

SHOWN, NOT_SHOWN = "shown", "not shown"
HOW_TO_READ = (
    "A score is the average of everyone’s answers, from 0 to 100, rounded so that nobody’s own can be worked out.",
    "The likely range says where the whole group’s score would be if everybody had answered.",
    "A single step up or down is seldom news; a point outside the usual range, or eight in a row on one side, may be.",
    "Where nothing is shown, too few people answered, or their answers are counted together with others. Please do not "
    "ask who answered.",
    "Scores of different series rest on different questions and are not comparable.",
)


@dataclass(frozen=True)
class ExportRow:
    """One published cell in words and figures; figures are None where nothing is shown."""

    wave: str
    wave_label: str
    closed_on: date
    group: str
    group_name: str
    level: str
    inside: str
    measure: str
    title: str
    direction: str
    instrument: str
    series: str
    status: str
    reason: str
    score: int | None
    score_in_words: str
    likely_low: int | None
    likely_high: int | None
    answers: int | None
    response_rate: int | None


@dataclass(frozen=True)
class Export:
    """Everything that one export holds, whatever its format."""

    group: ReportingGroup
    waves: tuple[PublishedWave, ...]
    measures: tuple[Measure, ...]
    rows: tuple[ExportRow, ...]
    made_by: str
    made_on: date

    @property
    def title(self) -> str:
        """What the export is called."""
        return f"Crescendo Pulse: {self.group.name}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What is written on every cover."""
        newest = self.waves[-1]
        return (
            ("Group", self.group.name),
            ("Newest pulse", f"{newest.label}, results of {words.day(newest.closed_on)}"),
            ("Pulses", f"{len(self.waves)}, since {self.waves[0].label}"),
            ("Shown from", f"{newest.minimum_group_size} answers; rounded so that single answers stay unknown"),
            ("Made by", self.made_by),
            ("Made on", words.day(self.made_on)),
        )


def build_export(
    results: PublishedResults, group: ReportingGroup, inside: Sequence[ReportingGroup], *, made_by: str, made_on: date
) -> Export | None:
    """Put together what is published of a group and of the groups inside it; None before the first wave is.

    Parameters
    ----------
    inside
        The groups inside it that whoever asks may see.
    """
    waves = tuple(results.waves(group.key))
    if not waves:
        return None
    names = {each.key: each.name for each in (group, *inside)}
    rows = tuple(row for each in (group, *inside) for row in _rows_of(results, each, names))
    measures = {measure.id: measure for wave in waves for measure in wave.measures}
    return Export(group, waves, tuple(measures.values()), rows, made_by, made_on)


def _rows_of(results: PublishedResults, group: ReportingGroup, names: dict[str, str]) -> Iterator[ExportRow]:
    waves = {wave.key: wave for wave in results.waves(group.key)}
    for cell in results.cells(group.key):
        wave = waves[cell.wave]
        measure = next((each for each in wave.measures if each.id == cell.measure), None)
        if measure is not None:
            yield _row(cell, wave, measure, names)


def _row(cell: PublishedCell, wave: PublishedWave, measure: Measure, names: dict[str, str]) -> ExportRow:
    place = wave.place_of(cell.measure)
    shown = cell if isinstance(cell, ShownCell) else None
    return ExportRow(
        wave=wave.key,
        wave_label=wave.label,
        closed_on=wave.closed_on,
        group=cell.group,
        group_name=cell.name,
        level=words.LEVEL_WORDS[cell.level],
        inside=names.get(cell.parent or "", ""),
        measure=measure.id,
        title=measure.title,
        direction=words.direction(measure),
        instrument=cell.instrument,
        series=place.series if place else cell.instrument,
        status=SHOWN if shown else NOT_SHOWN,
        reason="" if isinstance(cell, ShownCell) else words.not_shown(cell, wave),
        score=shown.score if shown else None,
        score_in_words=words.figure(cell),
        likely_low=shown.likely_low if shown else None,
        likely_high=shown.likely_high if shown else None,
        answers=shown.n if shown else None,
        response_rate=shown.response_rate if shown else None,
    )
