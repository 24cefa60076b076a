"""What a digest says when it is sent: words about published figures, and no figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy import select

from dashboards.pages.addresses import group_path
from dashboards.pages.comparison import build_comparison_page
from dashboards.pages.group import build_group_page
from dashboards.pages.last_time import build_last_time
from dashboards.snapshots import Level, ReportingGroup
from survey_app.extensions import db
from survey_app.models.accounts import Role, RoleGrant
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint
from survey_app.models.pulses import Wave, WaveState, WaveTerms
from survey_app.stores.days import long_day
from survey_app.stores.last_time_words import LastTimeWords, last_time_in_words
from survey_app.stores.published_results import DatabaseResults

LEAD, STAFF = "digest_lead", "digest_staff"
_MOST_LINES = 3
_NEXT_STEPS = {
    Level.TEAM: "Next: show the page to the team, and agree on one small change to try.",
    Level.SERVICE_AREA: "Next: ask the teams what they recognise; their pages say what is theirs.",
    Level.AUTHORITY: "Next: look at what has moved since the pulse before, each service with its own past.",
    Level.PROGRAMME: "Next: look first at who answered, then at what has moved in each authority’s own past.",
}


def words_for_lead(message: Message, public_base_url: str) -> Mapping[str, str]:
    """The page of a lead's largest group in words: headline, at most three signals, who answered."""
    wave = db.session.get_one(Wave, message.wave_id)
    group = _largest_group(message.contact_point_id, wave)
    results = DatabaseResults(wave.pulse.programme.key)
    found = results.group(group.key)
    headline, lines, answered = _seen(results, found) if found else (_NOTHING, [], "")
    return {
        "wave": wave.label,
        "headline": headline,
        "short": headline.partition(";")[0] if Level(group.level) is not Level.PROGRAMME else "results are out",
        "lines": "\n".join(lines[:_MOST_LINES]),
        "answered": answered,
        "link": public_base_url + group_path(group.key, Level(group.level)),
        "next_step": _NEXT_STEPS[Level(group.level)],
    }


def words_for_staff(message: Message, public_base_url: str, opt_out_url: str) -> Mapping[str, str]:
    """What came of a wave for somebody's team: readings in words, its small change, when the next pulse opens."""
    wave = db.session.get_one(Wave, message.wave_id)
    team_key, instrument = db.session.execute(
        select(Invitation.team_key, WaveTerms.instrument)
        .join(WaveTerms, WaveTerms.wave_id == Invitation.wave_id)
        .where(Invitation.id == message.invitation_id)
    ).one()
    with force_locale(message.language):
        told = build_last_time(DatabaseResults(wave.pulse.programme.key), team_key)
        found = last_time_in_words(told, _titles(instrument), message.language) if told else None
        return {
            "wave": wave.label,
            "lines": "\n".join(_lines(found)) if found else "",
            "small_change": found.small_change if found else "",
            "next_pulse": _next_pulse(wave, message.language),
            "link": f"{public_base_url}/how-anonymous",
            "opt_out_url": opt_out_url,
        }


def _lines(found: LastTimeWords) -> Iterator[str]:
    if found.together_with:
        counted = gettext(
            "In the pulse of %(wave)s your team was counted in %(group)s:", wave=found.wave, group=found.together_with
        )
        yield counted.rstrip(":")
    for title, reading in found.lines:
        yield f"{title}: {reading}"


_NOTHING = "Not enough answers to show this time"


def _seen(results: DatabaseResults, group: ReportingGroup) -> tuple[str, list[str], str]:
    """A page's headline, its signals, and who answered."""
    if group.level is Level.PROGRAMME:
        compared = build_comparison_page(results, group)
        if compared is not None:
            lines = [compared.movement.flags] if compared.movement.flags else []
            return compared.headline, lines, (compared.answered or "").capitalize()
    page = build_group_page(results, group)
    if page is None:
        return _NOTHING, [], ""
    return page.headline, [signal.headline for signal in page.signals], (page.answered or "").capitalize()


def _largest_group(contact_point_id: int, wave: Wave) -> Group:
    """The largest group that the account behind an address has a role in; had, if all have ended.

    Of two as large it is one that the wave asked: of teams that were merged the old until then, the new from then on.
    """
    asked = {row[0] for row in wave.terms.tree["groups"]} if wave.terms else set()
    order = [str(level) for level in Level]
    rows = db.session.execute(
        select(Group, RoleGrant.ended_at)
        .join(RoleGrant, RoleGrant.group_id == Group.id)
        .join(ContactPoint, ContactPoint.account_id == RoleGrant.account_id)
        .where(ContactPoint.id == contact_point_id, RoleGrant.role != Role.GOVERNANCE_READER)
    ).all()
    inside = [(group, ended_at) for group, ended_at in rows if _is_in(group, wave.pulse.programme_id)]
    held = [group for group, ended_at in inside if ended_at is None] or [group for group, _ in inside]
    return max(held, key=lambda group: (order.index(group.level), group.key in asked))


def _is_in(group: Group, programme_id: int) -> bool:
    while group.parent is not None:
        group = group.parent
    return group.id == programme_id


def _titles(instrument: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:  # Any: an instrument's document
    return {scale["id"]: scale["title"] for scale in instrument["scales"]}


def _next_pulse(wave: Wave, language: str) -> str:
    opens: datetime | None = db.session.scalar(
        select(Wave.opens_at)
        .where(Wave.pulse_id == wave.pulse_id, Wave.state == WaveState.PLANNED, Wave.opens_at > wave.closes_at)
        .order_by(Wave.opens_at)
        .limit(1)
    )
    return gettext("The next pulse opens on %(day)s.", day=long_day(opens, language)) if opens else ""
