"""One group's line on one measure: what was published, what is usual, and how the newest wave reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise, takewhile
from math import sqrt

from dashboards.ancestry import EarlierPoint, earlier_points
from dashboards.snapshots import (
    LinePlace,
    Measure,
    NewRange,
    PublishedCell,
    PublishedResults,
    PublishedWave,
    ShownCell,
    SmallChangeMark,
)
from dashboards.spc import USUAL_AUTOCORRELATION, Offset, Side, UsualRange, signals, usual_ranges


class ReadingKind(StrEnum):
    """How the newest wave of a line reads."""

    NOT_SHOWN = "not_shown"
    STARTING_POINT = "starting_point"
    TOO_EARLY = "too_early"
    USUAL = "usual"
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Reading:
    """How the newest wave reads; `since` is the first wave of an unbroken row of signals up to it."""

    kind: ReadingKind
    is_better: bool | None = None
    since: str | None = None

    @property
    def is_signal(self) -> bool:
        """Whether something is different from usual."""
        return self.kind in {ReadingKind.HIGHER, ReadingKind.LOWER}


@dataclass(frozen=True)
class TrendPoint:
    """One wave of a line; `cell` is None where the group was not part of the wave.

    `starts_phase` says that the line breaks here, because scores before and after are not comparable. `moved_by` is
    how far a change of questions that the line survives moved scores here by itself; None where nothing changed.
    `new_range` is somebody's decision that the usual range begins anew here; the line goes on.
    """

    wave: PublishedWave
    cell: PublishedCell | None
    side: Side | None
    starts_phase: bool
    moved_by: Offset | None = None
    new_range: NewRange | None = None

    @property
    def shown(self) -> ShownCell | None:
        """The published figure, if there is one."""
        return self.cell if isinstance(self.cell, ShownCell) else None


@dataclass(frozen=True)
class Change:
    """A small change with the letter it has on the chart."""

    letter: str
    title: str
    started_on: date


@dataclass(frozen=True)
class Trend:
    """A line with everything that is drawn and said about it."""

    measure: Measure
    points: tuple[TrendPoint, ...]
    usual: tuple[UsualRange, ...]
    changes: tuple[Change, ...]
    reading: Reading
    earlier: tuple[EarlierPoint, ...] = ()
    """What the groups were from which this one came."""

    @property
    def latest_shown(self) -> TrendPoint | None:
        """The newest wave with a figure."""
        return next((point for point in reversed(self.points) if point.shown is not None), None)

    @property
    def current_usual(self) -> UsualRange | None:
        """The usual range that the newest wave belongs to."""
        return self.usual[-1] if self.usual and self.usual[-1].stop == len(self.points) else None


def trends_of(results: PublishedResults, group: str, measures: Sequence[Measure]) -> list[Trend]:
    """A group's lines on these measures, as published."""
    waves, cells = results.waves(group), results.cells(group)
    changes, new_ranges = results.small_changes(group), results.new_ranges(group)
    alike = results.autocorrelation()
    earlier = earlier_points(results, group, [measure.id for measure in measures], results.history(group))
    trends = [build_trend(measure, waves, cells, changes, new_ranges, alike) for measure in measures]
    return [_after(trend, earlier.get(trend.measure.id, ())) for trend in trends]


def _after(trend: Trend, earlier: Sequence[EarlierPoint]) -> Trend:
    """A trend with what was before it; old and new groups are never shown for the same wave."""
    own = {point.wave.key for point in trend.points}
    before = tuple(takewhile(lambda point: point.wave.key not in own, earlier))
    return replace(trend, earlier=before) if before and trend.points else trend


def build_trend(
    measure: Measure,
    waves: Sequence[PublishedWave],
    cells: Sequence[PublishedCell],
    changes: Sequence[SmallChangeMark] = (),
    new_ranges: Sequence[NewRange] = (),
    autocorrelation: float | None = None,
) -> Trend:
    """Put a line together from the cells of one group and measure.

    Parameters
    ----------
    waves
        Every published wave, oldest first; the line starts at the first that the group was part of.
    cells
        The group's cells of this measure, in any order.
    new_ranges
        Where somebody let the group's usual ranges begin anew.
    autocorrelation
        How alike neighbouring waves of the programme are; None where that is not known yet.
    """
    by_wave = {cell.wave: cell for cell in cells if cell.measure == measure.id}
    first = next((place for place, wave in enumerate(waves) if wave.key in by_wave), len(waves))
    waves = waves[first:]
    line = [by_wave.get(wave.key) for wave in waves]
    values = [float(cell.score) if isinstance(cell, ShownCell) else None for cell in line]
    places = _places(waves, line)
    breaks = _breaks(places)
    moves = _moves(places)
    resolution = max((_step(cell) for cell in line if isinstance(cell, ShownCell)), default=1.0)
    offsets = [Offset(place.offset, place.offset_error) if place else Offset() for place in _filled(places)]
    decided = {each.wave: each for each in new_ranges if each.measure == measure.id}
    begins = [*breaks, *(at for at, wave in enumerate(waves) if wave.key in decided)]
    alike = USUAL_AUTOCORRELATION if autocorrelation is None else autocorrelation
    usual = usual_ranges(values, begins, resolution=resolution, offsets=offsets, autocorrelation=alike)
    sides = signals(values, usual)
    points = tuple(
        TrendPoint(wave, cell, side, place in breaks, moves.get(place), decided.get(wave.key))
        for place, (wave, cell, side) in enumerate(zip(waves, line, sides, strict=True))
    )
    return Trend(measure, points, usual, _lettered(changes, waves), _read(measure, points, usual))


def _places(waves: Sequence[PublishedWave], line: Sequence[PublishedCell | None]) -> list[LinePlace | None]:
    """Where each wave's figure stands in the line; a version whose place nobody published is a line of its own."""
    return [
        None if cell is None else wave.place_of(cell.measure) or LinePlace(cell.instrument, cell.instrument)
        for wave, cell in zip(waves, line, strict=True)
    ]


def _breaks(places: Sequence[LinePlace | None]) -> list[int]:
    """Waves whose figures are not comparable with the last before them."""
    return [at for before, at, after in _successions(places) if before.series != after.series]


def _moves(places: Sequence[LinePlace | None]) -> Mapping[int, Offset]:
    """Waves at which questions changed and the line goes on, and how far the change moved scores by itself."""
    return {
        at: Offset(round(after.offset - before.offset, 1), sqrt(abs(after.offset_error**2 - before.offset_error**2)))
        for before, at, after in _successions(places)
        if before.series == after.series and before.questions != after.questions
    }


def _successions(places: Sequence[LinePlace | None]) -> Iterator[tuple[LinePlace, int, LinePlace]]:
    """Each known place with the one before it: (before, wave, after)."""
    known = [(at, place) for at, place in enumerate(places) if place is not None]
    for (_, before), (at, after) in pairwise(known):
        yield before, at, after


def _filled(places: Sequence[LinePlace | None]) -> Iterator[LinePlace | None]:
    """Places, with that of the wave before it for a wave that the group was not part of."""
    last: LinePlace | None = None
    for place in places:
        last = place or last
        yield last


def _step(cell: ShownCell) -> float:
    return 2 * min(cell.high - cell.score, cell.score - cell.low)


def _lettered(changes: Sequence[SmallChangeMark], waves: Sequence[PublishedWave]) -> tuple[Change, ...]:
    if not waves:
        return ()
    drawn = [change for change in changes if waves[0].closed_on <= change.started_on <= waves[-1].closed_on]
    return tuple(
        Change(chr(ord("A") + place % 26), change.title, change.started_on) for place, change in enumerate(drawn)
    )


def _read(measure: Measure, points: Sequence[TrendPoint], usual: Sequence[UsualRange]) -> Reading:
    if not points or points[-1].shown is None:
        return Reading(ReadingKind.NOT_SHOWN)
    if not usual or usual[-1].stop != len(points):
        began = max((at for at, point in enumerate(points) if point.starts_phase or point.new_range), default=0)
        only_one = sum(point.shown is not None for point in points[began:]) == 1
        return Reading(ReadingKind.STARTING_POINT if only_one else ReadingKind.TOO_EARLY)
    side = points[-1].side
    if side is None:
        return Reading(ReadingKind.USUAL)
    kind = ReadingKind.HIGHER if side is Side.HIGHER else ReadingKind.LOWER
    return Reading(kind, (side is Side.HIGHER) == measure.higher_is_better, _since(points, side))


def _since(points: Sequence[TrendPoint], side: Side) -> str:
    shown = [point for point in reversed(points) if point.shown is not None]
    return list(takewhile(lambda point: point.side is side, shown))[-1].wave.label
