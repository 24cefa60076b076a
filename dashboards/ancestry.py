"""What the groups were from which another came: their published figures, taken together, never as its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.snapshots import PublishedCell, PublishedResults, PublishedWave, Regrouping, ShownCell


@dataclass(frozen=True)
class EarlierPoint:
    """A wave before a group was: the mean of those that it came from, weighted by their answers, as they were shown.

    Points of one `series` are comparable with one another; `names` are whose figures it is made of.
    """

    wave: PublishedWave
    score: int
    names: tuple[str, ...]
    series: str


def earlier_points(
    results: PublishedResults, group: str, measures: Sequence[str], history: Sequence[Regrouping]
) -> Mapping[str, list[EarlierPoint]]:
    """The waves before a group came out of others, by measure, oldest first, where each of them is shown."""
    origin = next((each for each in history if each.begins(group)), None)
    if origin is None:
        return {}
    waves = {wave.key: wave for wave in results.waves(group)}
    cells = [{(cell.wave, cell.measure): cell for cell in results.cells(each.key)} for each in origin.before]
    return {measure: list(_points(measure, waves, cells)) for measure in measures}


def _points(
    measure: str, waves: Mapping[str, PublishedWave], cells: Sequence[Mapping[tuple[str, str], PublishedCell]]
) -> Iterator[EarlierPoint]:
    for key, wave in waves.items():
        found = [of_group.get((key, measure)) for of_group in cells]
        shown = [cell for cell in found if isinstance(cell, ShownCell)]
        place = wave.place_of(measure)
        if len(shown) == len(cells):
            series = place.series if place else shown[0].instrument
            people = sum(cell.n for cell in shown)
            score = round(sum(cell.score * cell.n for cell in shown) / people)
            yield EarlierPoint(wave, score, tuple(cell.name for cell in shown), series)
