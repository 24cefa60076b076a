"""Where a signed-in person can go from every page."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.pages.addresses import Link, group_path
from dashboards.snapshots import Level
from survey_app.phrases import phrase
from survey_app.use_cases.access import Viewer, leads_programme

_TEXTS = {
    Level.PROGRAMME: phrase("Programme"),
    Level.AUTHORITY: phrase("My authority"),
    Level.SERVICE_AREA: phrase("My service area"),
    Level.TEAM: phrase("My team"),
}


MANAGE = "/manage"


@dataclass(frozen=True)
class Room:
    """Something that a programme lead looks after, and what it is for."""

    link: Link
    purpose: str


ROOMS = (
    Room(Link(phrase("Groups"), "/manage/groups"), "Authorities, and the hours in which their messages leave."),
    Room(Link(phrase("Rosters"), "/manage/rosters"), "Who works where, from an authority’s own staff list."),
    Room(Link(phrase("Senders"), "/manage/senders"), "Accounts that messages leave through; who keeps copies of keys."),
    Room(Link(phrase("Pulses"), "/manage/pulses"), "What is asked, of whom, how often; the calendar of waves."),
    Room(Link(phrase("Waves"), "/manage/waves"), "Each round: open it, pause it, and see how far its messages are."),
    Room(Link(phrase("People"), "/manage/people"), "Who may see which group."),
    Room(Link(phrase("Instruments"), "/manage/instruments"), "Versions of the questions, and what they do to lines."),
    Room(Link(phrase("Reliability"), "/manage/reliability"), "How well the questions measure what they mean to."),
    Room(Link(phrase("Programs"), "/manage/programs"), "Keys of other programs, and addresses that are told."),
    Room(Link(phrase("Comments"), "/manage/comments"), "What people wrote, to be read before anybody else reads it."),
    Room(Link(phrase("Requests"), "/manage/requests"), "Staff who ask what is held on them, or to be forgotten."),
)
"""In the order in which a new programme needs them."""


def home_links(viewer: Viewer) -> list[Link]:
    """A link to each group that somebody has a role in, and to what they look after."""
    links = [Link(_TEXTS[level], group_path(key, level)) for _, key, level in viewer.roles]
    if leads_programme(viewer):
        links.append(Link(phrase("Explore"), "/explore"))
        links.append(Link(phrase("Manage"), MANAGE))
    if viewer.reads_governance:
        links.append(Link(phrase("Log"), "/manage/log"))
    return links


def room_links(viewer: Viewer | None, path: str) -> list[Link]:
    """The other rooms, on the pages of what a programme lead looks after."""
    is_inside = viewer is not None and leads_programme(viewer) and path.startswith(MANAGE)
    return [room.link for room in ROOMS] if is_inside else []
