"""The usual range of a short, gappy series, and which of its points fall outside the ordinary.

An XmR chart (individuals and moving ranges; Wheeler & Chambers 1992) with two rules instead of four, and ranges
corrected for neighbouring waves being alike: fewest false alarms for the same power (docs/dashboards.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby, pairwise
from math import hypot, sqrt

FEWEST_POINTS = 6
FEWEST_RANGES = 3
LOCKED_AFTER = 12
RUN_LENGTH = 8
USUAL_AUTOCORRELATION = 0.3
"""How alike neighbouring waves are taken to be until a programme's own are known (`dashboards.likeness`)."""

_MEAN_RANGE_IN_SDS = 1.128  # d2 for ranges of two
_RANGE_SCREEN = 3.267  # D4 for ranges of two: larger ones are outliers themselves
_LONGEST_GAP = 1

Series = Sequence[float | None]
"""One value a wave; None where a wave has nothing to show."""


class Side(IntEnum):
    """On which side of the usual a point lies."""

    LOWER = -1
    HIGHER = 1


@dataclass(frozen=True)
class Offset:
    """What changes of questions have added to a wave's value by themselves, in points, and its standard error."""

    points: float = 0.0
    error: float = 0.0


@dataclass(frozen=True)
class UsualRange:
    """Where waves `start` to `stop` (exclusive) usually lie, in points. Early while fewer than twelve are known.

    A phase has one range for each stretch that asks the same questions; `phase` is the wave at which it began.
    """

    start: int
    stop: int
    centre: float
    lower: float
    upper: float
    is_early: bool
    phase: int = 0


def usual_ranges(
    values: Series,
    breaks: Sequence[int] = (),
    *,
    resolution: float = 1.0,
    offsets: Sequence[Offset] | None = None,
    autocorrelation: float = USUAL_AUTOCORRELATION,
) -> tuple[UsualRange, ...]:
    """Return the usual ranges of each phase that has them.

    Where questions change and scores stay comparable, the range moves with them by the estimated offset, and its
    limits widen by the offset's own error: half their distance h becomes ``sqrt(h^2 + (3 error)^2)``.

    Parameters
    ----------
    values
        The series.
    breaks
        Waves at which a new phase starts, because scores before and after are not comparable.
    resolution
        The coarsest step that values were rounded to: the spread is never taken to be less than half of it.
    offsets
        For each wave, what changes of questions have added so far. Errors add up along a phase.
    autocorrelation
        Correlation of a wave with the next, 0 to 0.6: the more alike neighbours are, the smaller their ranges.
    """
    moved = list(offsets) if offsets is not None else [Offset()] * len(values)
    edges = [0, *sorted(place for place in set(breaks) if 0 < place < len(values)), len(values)]
    found: list[UsualRange] = []
    for start, stop in pairwise(edges):
        linked = [None if value is None else value - offset.points for value, offset in zip(values, moved, strict=True)]
        whole = _range_of(linked, start, stop, resolution, sqrt(1 - autocorrelation))
        found += _stretches(whole, moved) if whole is not None else []
    return tuple(found)


def signals(values: Series, ranges: Sequence[UsualRange]) -> tuple[Side | None, ...]:
    """Return for each wave the side on which it leaves the usual, if it does.

    Two rules: a point outside the range; and, once the range is locked, eight points in a row on one side of the
    centre. A missing wave neither extends nor breaks a row, two missing in succession break it. A row wholly among
    the points that the centre was computed from says nothing: a later shift among them would make one by itself.
    """
    found: list[Side | None] = [None] * len(values)
    for _, stretches in groupby(ranges, key=lambda usual: usual.phase):
        deviations: list[tuple[int, float]] = []
        is_early = False
        for usual in stretches:
            is_early = usual.is_early
            for place in range(usual.start, usual.stop):
                if (value := values[place]) is None:
                    continue
                deviations.append((place, value - usual.centre))
                if not usual.lower <= value <= usual.upper:
                    found[place] = Side.HIGHER if value > usual.centre else Side.LOWER
        for row in () if is_early else _rows_beyond_the_baseline(deviations):
            for place, side in row:
                found[place] = found[place] or side
    return tuple(found)


def _rows_beyond_the_baseline(deviations: Sequence[tuple[int, float]]) -> Iterator[list[tuple[int, Side]]]:
    last_of_baseline = deviations[LOCKED_AFTER - 1][0]
    return (row for row in _rows_on_one_side(deviations, 0.0) if row[-1][0] > last_of_baseline)


def _stretches(whole: UsualRange, offsets: Sequence[Offset]) -> list[UsualRange]:
    """A phase's range, moved and widened for each stretch of waves with the same offset."""
    places = range(whole.start, whole.stop)
    stretches = []
    for offset, run in groupby(places, key=lambda place: offsets[place]):
        stretch = list(run)
        added = sqrt(max(0.0, offset.error**2 - offsets[whole.start].error ** 2))
        reach = hypot(whole.upper - whole.centre, 3 * added)
        centre = whole.centre + offset.points
        stretches.append(
            replace(
                whole,
                start=stretch[0],
                stop=stretch[-1] + 1,
                centre=centre,
                lower=centre - reach,
                upper=centre + reach,
            )
        )
    return stretches


def _range_of(values: Series, start: int, stop: int, resolution: float, shrunk: float) -> UsualRange | None:
    known = [(place, value) for place in range(start, stop) if (value := values[place]) is not None]
    baseline = known[:LOCKED_AFTER]
    steps = [abs(after - before) for (i, before), (j, after) in pairwise(baseline) if j - i == 1]
    if len(known) < FEWEST_POINTS or len(steps) < FEWEST_RANGES:
        return None
    mean_step = sum(steps) / len(steps)
    ordinary = [step for step in steps if step <= _RANGE_SCREEN * mean_step]
    spread = sum(ordinary) / len(ordinary) / _MEAN_RANGE_IN_SDS / shrunk
    spread = max(spread, resolution / 2)
    centre = sum(value for _, value in baseline) / len(baseline)
    return UsualRange(
        start=start,
        stop=stop,
        centre=centre,
        lower=centre - 3 * spread,
        upper=centre + 3 * spread,
        is_early=len(known) < LOCKED_AFTER,
        phase=start,
    )


def _rows_on_one_side(known: Sequence[tuple[int, float]], centre: float) -> Iterator[list[tuple[int, Side]]]:
    row: list[tuple[int, Side]] = []
    for place, value in known:
        side = Side.HIGHER if value > centre else Side.LOWER if value < centre else None
        continues = row and side == row[-1][1] and place - row[-1][0] <= _LONGEST_GAP + 1
        if not continues:
            if len(row) >= RUN_LENGTH:
                yield row
            row = []
        if side is not None:
            row.append((place, side))
    if len(row) >= RUN_LENGTH:
        yield row
