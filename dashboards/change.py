"""The newest figure of a line against the one before it, with the range of the difference."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from dashboards.comparison import standard_error
from dashboards.snapshots import ShownCell
from dashboards.trends import Trend, TrendPoint
from scoring.differences import TeamChange, team_change


@dataclass(frozen=True)
class SinceBefore:
    """The change since the last shown wave before the newest, less what changed questions did by themselves."""

    before: TrendPoint
    change: TeamChange


@dataclass(frozen=True)
class _Figure:
    """A published mean with the standard error that its likely range tells."""

    mean: float
    standard_error: float


def since_before(trend: Trend) -> SinceBefore | None:
    """The change of the newest wave; None where it is not shown, or where nothing comparable was shown before it.

    Both means are the shown ones, and no more is used than is shown: the occasions count as independent, which is
    conservative where the same people answered both.
    """
    if not trend.points or trend.points[-1].shown is None:
        return None
    for place in range(len(trend.points) - 1, 0, -1):
        if trend.points[place].starts_phase:
            return None
        before = trend.points[place - 1]
        if before.shown is not None:
            return SinceBefore(before, _change(before.shown, trend.points[-1].shown, trend.points[place:]))
    return None


def _change(before: ShownCell, after: ShownCell, between: tuple[TrendPoint, ...]) -> TeamChange:
    moves = [point.moved_by for point in between if point.moved_by is not None]
    return team_change(
        _Figure(before.score + sum(move.points for move in moves), standard_error(before)),
        _Figure(after.score, standard_error(after)),
        link_error=hypot(*(move.error for move in moves)),
    )
