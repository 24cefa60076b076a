"""Where a signed-in person can go from every page."""

from __future__ import annotations

from dashboards.pages.addresses import Link, group_path
from dashboards.snapshots import Level
from survey_app.use_cases.access import Viewer, leads_programme

_TEXTS = {
    Level.PROGRAMME: "Programme",
    Level.AUTHORITY: "My authority",
    Level.SERVICE_AREA: "My service area",
    Level.TEAM: "My team",
}


def home_links(viewer: Viewer) -> list[Link]:
    """A link to each group that somebody has a role in, and to what a programme lead looks after."""
    links = [Link(_TEXTS[level], group_path(key, level)) for _, key, level in viewer.roles]
    if leads_programme(viewer):
        links.append(Link("Groups", "/manage/groups"))
        links.append(Link("Rosters", "/manage/rosters"))
        links.append(Link("Pulses", "/manage/pulses"))
        links.append(Link("Waves", "/manage/waves"))
        links.append(Link("People", "/manage/people"))
        links.append(Link("Instruments", "/manage/instruments"))
        links.append(Link("Reliability", "/manage/reliability"))
        links.append(Link("Comments", "/manage/comments"))
    if viewer.reads_governance:
        links.append(Link("Log", "/manage/log"))
    return links
