"""Lines whose newest wave is different from usual, counted over a programme, beside what chance alone would flag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from dashboards.snapshots import FlaggedLine, Flags, Level, ReportingGroup
from dashboards.trends import Reading, ReadingKind, Trend

BY_CHANCE = (0.03, 0.08)
"""Newest waves that are flagged with nothing changed: where waves are independent, and where alike (dashboards.md)."""


@dataclass(frozen=True)
class Expected:
    """How many flags chance alone would give, from and to."""

    fewest: int
    most: int


def count_flags(lines: Iterable[tuple[ReportingGroup, Trend]]) -> Flags:
    """Count the teams' lines that have a usual range, and those whose newest wave is outside it.

    Only teams and blocks of teams count: the same answers are in the levels above them again.
    """
    known = 0
    flagged = []
    for group, trend in lines:
        if group.level is not Level.TEAM or trend.current_usual is None or trend.reading.kind is ReadingKind.NOT_SHOWN:
            continue
        known += 1
        if trend.reading.is_signal:
            flagged.append(_line(group, trend, trend.reading))
    return Flags(known, tuple(flagged))


def together(counted: Iterable[Flags]) -> Flags:
    """The flags of many groups as one, by measure and name."""
    parts = list(counted)
    flagged = sorted((line for part in parts for line in part.flagged), key=lambda line: (line.measure, line.name))
    return Flags(sum(part.lines for part in parts), tuple(flagged))


def expected_by_chance(lines: int) -> Expected:
    """How many of so many lines chance alone would flag."""
    low, high = BY_CHANCE
    return Expected(floor(low * lines), ceil(high * lines))


def _line(group: ReportingGroup, trend: Trend, reading: Reading) -> FlaggedLine:
    return FlaggedLine(
        group=group.key,
        name=group.name,
        measure=trend.measure.id,
        title=trend.measure.title,
        is_higher=reading.kind is ReadingKind.HIGHER,
        is_better=bool(reading.is_better),
        since=reading.since or "",
    )
