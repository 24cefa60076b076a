"""Whom a wave invites: where each person is counted, how they are reached, and which wave of a bridge they are in."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from dashboards.suppression.tree import GroupTree
from notifications.catalogue import written_languages
from notifications.messages import Channel
from survey_app.extensions import db
from survey_app.models.accounts import Account, Role, RoleGrant
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.stores.reachability import can_be_reached, wants_none
from survey_app.use_cases.groups import leads_key


@dataclass(frozen=True)
class Person:
    """A participant to invite: where they are counted, how they are reached, and their own hours, if any."""

    participant_id: int
    authority_id: int
    team_key: str
    language: str
    channel: Channel
    contact_point_id: int
    hours: str | None = None


def people_to_invite(tree: GroupTree, now: datetime) -> list[Person]:
    """Everybody who belongs to a team of the tree today and can be reached, once, whatever posts they have."""
    today = now.date()
    rows = db.session.execute(
        select(Participant.id, Participant.authority_id, Participant.language, Participant.hours, Group.key)
        .join(Membership, Membership.participant_id == Participant.id)
        .join(Group, Group.id == Membership.team_id)
        .where(Participant.id.in_(select(ContactPoint.participant_id).where(can_be_reached(now))))
        .where(Membership.started_on <= today)
        .where(or_(Membership.ended_on.is_(None), Membership.ended_on > today))
        .where(Group.key.in_([leaf.key for leaf in tree.leaves]))
        .order_by(Participant.id)
    ).all()
    contacts = _contacts(now)
    leads = _team_leads()
    invited: set[bytes] = set()
    people = []
    for participant_id, authority_id, language, hours, team_key in rows:
        parent = tree[team_key].parent or ""
        counted_in = leads_key(parent) if participant_id in leads else team_key
        contact = contacts[participant_id]
        if contact.person in invited:
            continue
        invited.add(contact.person)
        written = language if language in written_languages() else "en"
        people.append(
            Person(participant_id, authority_id, counted_in, written, contact.channel, contact.contact_point_id, hours)
        )
    return people


def divide_at_random(people: Sequence[Person], parts: int) -> list[list[Person]]:
    """Divide the people of each team into parts that differ in size by one at most, by the system's randomness."""
    chance = secrets.SystemRandom()
    by_team: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        by_team[person.team_key].append(person)
    divided: list[list[Person]] = [[] for _ in range(parts)]
    for team in by_team.values():
        chance.shuffle(team)
        first = chance.randrange(parts)
        for place, person in enumerate(team):
            divided[(first + place) % parts].append(person)
    return [sorted(part, key=lambda person: person.participant_id) for part in divided]


def leads_not_on_a_roster() -> list[str]:
    """Names of team leads whose address is no participant's: their own answers would be counted in their own team."""
    participant_address = select(ContactPoint.address_hash).where(ContactPoint.participant_id.is_not(None))
    names = db.session.scalars(
        select(Account.name)
        .distinct()
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(ContactPoint, ContactPoint.account_id == Account.id)
        .where(RoleGrant.role == Role.TEAM_LEAD, RoleGrant.ended_at.is_(None))
        .where(ContactPoint.address_hash.not_in(participant_address))
        .order_by(Account.name)
    )
    return list(names)


@dataclass(frozen=True)
class _Contact:
    """How to reach a participant; `person` is the same for two rows of one human being, such as two part-time posts."""

    channel: Channel
    contact_point_id: int
    person: bytes


def _contacts(now: datetime) -> Mapping[int, _Contact]:
    """How to reach each participant: by text where there is a number and texts are wanted, else by email."""
    rows = db.session.execute(
        select(
            ContactPoint.participant_id,
            ContactPoint.channel,
            ContactPoint.id,
            ContactPoint.address_hash,
            wants_none().label("refused"),
        )
        .where(ContactPoint.participant_id.is_not(None), can_be_reached(now))
        .order_by(ContactPoint.channel)  # email before sms, so that a text wins and an email says who it is
    ).all()
    wanted = {row.participant_id for row in rows if not row.refused}
    contacts: dict[int, _Contact] = {}
    for participant_id, channel, found, address_hash, refused in rows:
        known = contacts.get(participant_id or 0)
        if refused and participant_id in wanted:
            continue  # there is another way, which they did not refuse
        contacts[participant_id or 0] = _Contact(Channel(channel), found, known.person if known else address_hash)
    return contacts


def _team_leads() -> set[int]:
    """Participants who lead a team: accounts are matched to participants by their address."""
    account_address = select(ContactPoint).where(ContactPoint.account_id.is_not(None)).subquery()
    rows = db.session.scalars(
        select(ContactPoint.participant_id)
        .join(account_address, account_address.c.address_hash == ContactPoint.address_hash)
        .join(RoleGrant, RoleGrant.account_id == account_address.c.account_id)
        .where(ContactPoint.participant_id.is_not(None))
        .where(RoleGrant.role == Role.TEAM_LEAD, RoleGrant.ended_at.is_(None))
    )
    return {participant_id for participant_id in rows if participant_id}
