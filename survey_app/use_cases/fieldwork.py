"""Plan and open waves: freeze the terms, invite everybody once, put their messages into the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, or_, select

from dashboards.snapshots import Level
from dashboards.suppression.terms import NARROWEST_WIDTH
from dashboards.suppression.tree import GroupTree
from instruments.library import load_released
from notifications.messages import Channel, MessageState
from survey_app.crypto.link_tokens import invitation_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.accounts import Account, Role, RoleGrant
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.use_cases.errors import KeyTaken, NobodyToInvite, UnknownPulse, UnknownWave, WrongWaveState
from survey_app.use_cases.groups import current_tree, find_group, leads_key, require_usable_key
from survey_app.use_cases.wave_terms import disclosure_terms, freeze

LAST_MESSAGE_BEFORE_CLOSE = timedelta(hours=2)
WRITTEN_LANGUAGES = frozenset({"en"})


@dataclass(frozen=True)
class WaveSummary:
    """A wave as commands list it."""

    key: str
    label: str
    state: str
    opens_at: datetime
    closes_at: datetime


def add_pulse(key: str, name: str, *, run_by: str, programme_key: str, instrument: str) -> None:
    """Create a pulse in a programme, with the programme-wide threshold of the settings."""
    require_usable_key(key)
    programme = find_group(programme_key, Level.PROGRAMME)
    if db.session.scalar(select(Pulse.id).where(Pulse.key == key)):
        raise KeyTaken(key)
    load_released(instrument)
    db.session.add(
        Pulse(
            key=key,
            name=name,
            run_by=run_by,
            programme_id=programme.id,
            instrument=instrument,
            minimum_group_size=settings().minimum_group_size,
            answer_width=NARROWEST_WIDTH,
        )
    )
    db.session.commit()


def plan_wave(pulse_key: str, wave_key: str, *, label: str, opens_at: datetime, closes_at: datetime) -> int:
    """Put a wave into the calendar and return its id; the clock opens and closes it."""
    require_usable_key(wave_key)
    pulse = db.session.scalar(select(Pulse).where(Pulse.key == pulse_key))
    if pulse is None:
        raise UnknownPulse(pulse_key)
    if db.session.scalar(select(Wave.id).where(Wave.key == wave_key)):
        raise KeyTaken(wave_key)
    wave = Wave(
        key=wave_key,
        pulse_id=pulse.id,
        label=label,
        opens_at=opens_at,
        closes_at=closes_at,
        state=WaveState.PLANNED,
    )
    db.session.add(wave)
    db.session.commit()
    return wave.id


def open_wave(wave_id: int, now: datetime, vault: Vault) -> list[UUID]:
    """Open a planned wave and return the ids of its messages; a wave that is open already is left alone.

    One transaction: either the wave is open and everybody is invited, or nothing has happened.

    Raises
    ------
    NobodyToInvite
        No participant belongs to a team of the programme today.
    """
    wave = db.session.get(Wave, wave_id, with_for_update=True)
    if wave is None:
        raise UnknownWave(str(wave_id))
    if wave.state == WaveState.OPEN:
        db.session.rollback()
        return []
    if wave.state != WaveState.PLANNED:
        raise WrongWaveState(wave.key, wave.state, "planned")
    tree = current_tree(wave.pulse.programme)
    people = _people_to_invite(tree, now.date())
    if not people:
        db.session.rollback()
        raise NobodyToInvite(wave.key)
    instrument = load_released(wave.pulse.instrument)
    counted_in = {person.team_key for person in people}
    areas_with_leads = {node.key for node in tree.nodes if leads_key(node.key) in counted_in}
    tree = current_tree(wave.pulse.programme, areas_with_leads)
    db.session.add(
        freeze(wave, instrument, tree, disclosure_terms(wave.pulse), public_key=vault.wave_keys.make(wave.key))
    )
    invitations = [_invitation(wave, person, vault) for person in people]
    db.session.execute(insert(Invitation), invitations)
    messages = [_message(wave, invitation, person, now) for invitation, person in zip(invitations, people, strict=True)]
    db.session.execute(insert(Message), messages)
    wave.state = WaveState.OPEN
    db.session.commit()
    return [message["id"] for message in messages]


def list_waves() -> list[WaveSummary]:
    """Every wave, oldest first."""
    waves = db.session.scalars(select(Wave).order_by(Wave.opens_at, Wave.id))
    return [WaveSummary(wave.key, wave.label, wave.state, wave.opens_at, wave.closes_at) for wave in waves]


def leads_not_on_a_roster() -> list[str]:
    """Names of team leads whose address is no participant's: their own answers would be counted in their own team."""
    participant_address = select(ContactPoint.address_hash).where(ContactPoint.participant_id.is_not(None))
    names = db.session.scalars(
        select(Account.name)
        .distinct()
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(ContactPoint, ContactPoint.account_id == Account.id)
        .where(RoleGrant.role == Role.TEAM_LEAD, ContactPoint.address_hash.not_in(participant_address))
        .order_by(Account.name)
    )
    return list(names)


def find_wave_id(key: str) -> int:
    """Return the id of the wave with this key, or raise `UnknownWave`."""
    found = db.session.scalar(select(Wave.id).where(Wave.key == key))
    if found is None:
        raise UnknownWave(key)
    return found


def waves_to_open(now: datetime) -> list[int]:
    """Planned waves whose time has come."""
    due = select(Wave.id).where(Wave.state == WaveState.PLANNED, Wave.opens_at <= now, Wave.closes_at > now)
    return list(db.session.scalars(due))


def waves_to_close(now: datetime) -> list[int]:
    """Open waves whose time is over, and waves whose closing was interrupted."""
    over = (Wave.state == WaveState.OPEN) & (Wave.closes_at <= now)
    interrupted = (Wave.state == WaveState.CLOSED) & or_(
        Wave.key_destroyed_at.is_(None), Wave.compacted_at.is_(None), Wave.charts_drawn_at.is_(None)
    )
    due = select(Wave.id).where(or_(over, Wave.state == WaveState.CLOSING, interrupted))
    return list(db.session.scalars(due))


@dataclass(frozen=True)
class _Person:
    """A participant to invite: where they are counted and how they are reached."""

    participant_id: int
    team_key: str
    language: str
    channel: Channel
    contact_point_id: int


def _people_to_invite(tree: GroupTree, today: date) -> list[_Person]:
    rows = db.session.execute(
        select(Participant.id, Participant.language, Group.key)
        .join(Membership, Membership.participant_id == Participant.id)
        .join(Group, Group.id == Membership.team_id)
        .where(Participant.id.in_(select(ContactPoint.participant_id)))
        .where(Membership.started_on <= today)
        .where(or_(Membership.ended_on.is_(None), Membership.ended_on > today))
        .where(Group.key.in_([leaf.key for leaf in tree.leaves]))
        .order_by(Participant.id)
    ).all()
    contacts = _contacts()
    leads = _team_leads()
    invited: set[bytes] = set()
    people = []
    for participant_id, language, team_key in rows:
        parent = tree[team_key].parent or ""
        counted_in = leads_key(parent) if participant_id in leads else team_key
        contact = contacts[participant_id]
        if contact.person in invited:
            continue
        invited.add(contact.person)
        written = language if language in WRITTEN_LANGUAGES else "en"
        people.append(_Person(participant_id, counted_in, written, contact.channel, contact.contact_point_id))
    return people


@dataclass(frozen=True)
class _Contact:
    """How to reach a participant; `person` is the same for two rows of one human being, such as two part-time posts."""

    channel: Channel
    contact_point_id: int
    person: bytes


def _contacts() -> Mapping[int, _Contact]:
    """How to reach each participant: by text where there is a mobile number, else by email."""
    rows = db.session.execute(
        select(ContactPoint.participant_id, ContactPoint.channel, ContactPoint.id, ContactPoint.address_hash)
        .where(ContactPoint.participant_id.is_not(None))
        .order_by(ContactPoint.channel)  # email before sms, so that a text wins and an email says who it is
    )
    contacts: dict[int, _Contact] = {}
    for participant_id, channel, found, address_hash in rows:
        known = contacts.get(participant_id or 0)
        contacts[participant_id or 0] = _Contact(Channel(channel), found, known.person if known else address_hash)
    return contacts


def _team_leads() -> set[int]:
    """Participants who lead a team: accounts are matched to participants by their address."""
    account_address = select(ContactPoint).where(ContactPoint.account_id.is_not(None)).subquery()
    rows = db.session.scalars(
        select(ContactPoint.participant_id)
        .join(account_address, account_address.c.address_hash == ContactPoint.address_hash)
        .join(RoleGrant, RoleGrant.account_id == account_address.c.account_id)
        .where(ContactPoint.participant_id.is_not(None), RoleGrant.role == Role.TEAM_LEAD)
    )
    return {participant_id for participant_id in rows if participant_id}


def _invitation(wave: Wave, person: _Person, vault: Vault) -> dict[str, Any]:  # Any: columns of a row
    invitation_id = uuid4()
    token = invitation_token(vault.link_key, invitation_id)
    return {
        "id": invitation_id,
        "wave_id": wave.id,
        "participant_id": person.participant_id,
        "team_key": person.team_key,
        "token_hash": vault.lookup_hash(token),
        "answered": False,
    }


def _message(
    wave: Wave, invitation: Mapping[str, Any], person: _Person, now: datetime
) -> dict[str, Any]:  # Any: as above
    return {
        "id": uuid4(),
        "dedupe_key": f"{wave.id}:{invitation['id']}:invitation:1:{person.channel}",
        "purpose": "invitation",
        "channel": person.channel,
        "language": person.language,
        "contact_point_id": person.contact_point_id,
        "wave_id": wave.id,
        "invitation_id": invitation["id"],
        "state": MessageState.PENDING,
        "not_before": now,
        "expires_at": wave.closes_at - LAST_MESSAGE_BEFORE_CLOSE,
        "attempt_number": 0,
    }
