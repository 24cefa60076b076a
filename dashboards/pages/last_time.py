"""What came of the pulse before, for a member of staff who has just answered: published figures only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.snapshots import Measure, PublishedResults, ReportingGroup, ShownCell, SmallChangeMark, WithheldCell
from dashboards.trends import Reading, build_trend


@dataclass(frozen=True)
class LastTime:
    """A group's newest published wave: how each measure reads, and the newest small change that had begun by then.

    `group` is the team, or the block that it was counted in.
    """

    group: ReportingGroup
    is_own_team: bool
    wave: str
    closed_on: date
    readings: tuple[tuple[Measure, Reading], ...]
    small_change: SmallChangeMark | None


def build_last_time(results: PublishedResults, team: str) -> LastTime | None:
    """Return what may be shown to a member of a team; None where the newest wave shows nothing of it."""
    group = results.group(team)
    waves = results.waves(team)
    if group is None or not waves:
        return None
    newest = waves[-1]
    shown = _shown_group(results, group, newest.key)
    if shown is None:
        return None
    cells = results.cells(shown.key)
    changes = [*results.small_changes(team)]
    decided, alike = results.new_ranges(shown.key), results.autocorrelation()
    trends = [build_trend(measure, waves, cells, changes, decided, alike) for measure in newest.measures]
    begun = [change for change in changes if change.started_on <= newest.closed_on]
    return LastTime(
        group=shown,
        is_own_team=shown.key == team,
        wave=newest.label,
        closed_on=newest.closed_on,
        readings=tuple((trend.measure, trend.reading) for trend in trends),
        small_change=begun[-1] if begun else None,
    )


def _shown_group(results: PublishedResults, group: ReportingGroup, wave: str) -> ReportingGroup | None:
    """The group itself where the wave shows it, else the one that its answers were counted in."""
    for cell in results.cells(group.key):
        if cell.wave == wave and isinstance(cell, ShownCell):
            return group
        if cell.wave == wave and isinstance(cell, WithheldCell) and cell.counted_in:
            return results.group(cell.counted_in)
    return None
