"""Which published groups somebody may see: one rule for pages, exports and programs."""

from __future__ import annotations

from dashboards.snapshots import Level, ReportingGroup
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.groups import LEADS_SUFFIX


def may_read(results: DatabaseResults, viewer: Viewer, found: ReportingGroup) -> bool:
    """Own groups and those inside them; blocks that hold an own team; and the level above, but for the programme."""
    if is_inside(viewer, found) or found.parent in viewer.inside:
        return True
    if found.level is Level.PROGRAMME:
        return False
    own = (results.group(key) for key in viewer.own_groups)
    return any(group is not None and group.parent == found.key for group in own)


def is_inside(viewer: Viewer, found: ReportingGroup) -> bool:
    """Whether a group is somebody's own or inside an own one, or a block that holds such a team."""
    members = {member.removesuffix(LEADS_SUFFIX) for member in found.key.split("+")}
    return bool(viewer.inside & members)


def groups_inside(results: DatabaseResults, group: ReportingGroup) -> list[ReportingGroup]:
    """Every published group inside one, level by level, by name."""
    found: list[ReportingGroup] = []
    layer = [group]
    while layer:
        layer = [child for each in layer for child in results.children(each.key)]
        found += layer
    return found


def readable_groups(results: DatabaseResults, viewer: Viewer) -> list[ReportingGroup]:
    """Every published group that somebody may see, by key."""
    return [group for group in results.groups() if may_read(results, viewer, group)]
