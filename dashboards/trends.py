"""One group's line on one measure: what was published, what is usual, and how the newest wave reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise, takewhile

from dashboards.snapshots import Measure, PublishedCell, PublishedWave, ShownCell, SmallChangeMark
from dashboards.spc import Side, UsualRange, signals, usual_ranges


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
    """One wave of a line; `cell` is None where the group was not part of the wave."""

    wave: PublishedWave
    cell: PublishedCell | None
    side: Side | None
    starts_phase: bool

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

    @property
    def latest_shown(self) -> TrendPoint | None:
        """The newest wave with a figure."""
        return next((point for point in reversed(self.points) if point.shown is not None), None)

    @property
    def current_usual(self) -> UsualRange | None:
        """The usual range that the newest wave belongs to."""
        return self.usual[-1] if self.usual and self.usual[-1].stop == len(self.points) else None


def build_trend(
    measure: Measure,
    waves: Sequence[PublishedWave],
    cells: Sequence[PublishedCell],
    changes: Sequence[SmallChangeMark] = (),
) -> Trend:
    """Put a line together from the cells of one group and measure.

    Parameters
    ----------
    waves
        Every published wave, oldest first; the line starts at the first that the group was part of.
    cells
        The group's cells of this measure, in any order.
    """
    by_wave = {cell.wave: cell for cell in cells if cell.measure == measure.id}
    first = next((place for place, wave in enumerate(waves) if wave.key in by_wave), len(waves))
    waves = waves[first:]
    line = [by_wave.get(wave.key) for wave in waves]
    values = [float(cell.score) if isinstance(cell, ShownCell) else None for cell in line]
    breaks = _version_breaks(line)
    resolution = max((_step(cell) for cell in line if isinstance(cell, ShownCell)), default=1.0)
    usual = usual_ranges(values, breaks, resolution=resolution)
    sides = signals(values, usual)
    points = tuple(
        TrendPoint(wave, cell, side, place in breaks)
        for place, (wave, cell, side) in enumerate(zip(waves, line, sides, strict=True))
    )
    return Trend(measure, points, usual, _lettered(changes, waves), _read(measure, points, usual))


def _version_breaks(line: Sequence[PublishedCell | None]) -> list[int]:
    """Waves whose questions are a new major version of the last asked before them: scores are not comparable."""
    known = [(place, _comparable_series(cell.instrument)) for place, cell in enumerate(line) if cell is not None]
    return [place for (_, before), (place, after) in pairwise(known) if before != after]


def _comparable_series(instrument: str) -> str:
    name, _, version = instrument.partition("@")
    return f"{name}@{version.partition('.')[0]}"


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
        shown = [point for point in points if point.shown is not None]
        only_one = len(shown) == 1 or points[-1].starts_phase
        return Reading(ReadingKind.STARTING_POINT if only_one else ReadingKind.TOO_EARLY)
    side = points[-1].side
    if side is None:
        return Reading(ReadingKind.USUAL)
    kind = ReadingKind.HIGHER if side is Side.HIGHER else ReadingKind.LOWER
    return Reading(kind, (side is Side.HIGHER) == measure.higher_is_better, _since(points, side))


def _since(points: Sequence[TrendPoint], side: Side) -> str:
    shown = [point for point in reversed(points) if point.shown is not None]
    return list(takewhile(lambda point: point.side is side, shown))[-1].wave.label
