"""Open waves: freeze the terms, invite everybody once, put their messages into the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, func, insert, or_, select

from dashboards.suppression.tree import GroupTree
from instruments.definitions import Instrument
from instruments.rotation import rotating_items
from notifications.catalogue import latest_version
from notifications.messages import MessageState
from survey_app.crypto.link_tokens import invitation_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.stores.sending_windows import window_of_person
from survey_app.use_cases.digesting import waits_for_digests
from survey_app.use_cases.errors import NobodyToInvite, UnknownWave, WrongWaveState
from survey_app.use_cases.groups import current_tree, leads_key
from survey_app.use_cases.instrument_library import find_instrument, require_permission
from survey_app.use_cases.inviting import Person, divide_at_random, people_to_invite
from survey_app.use_cases.key_holders import current_holders
from survey_app.use_cases.wave_terms import disclosure_terms, freeze

LAST_MESSAGE_BEFORE_CLOSE = timedelta(hours=2)


def open_wave(wave_id: int, now: datetime, vault: Vault) -> list[UUID]:
    """Open a planned wave and return the ids of its messages; a wave that is open already is left alone.

    A bridge's two waves open together. One transaction: either all is open and everybody is invited, or nothing has
    happened.

    Raises
    ------
    NobodyToInvite
        No participant belongs to a team of the pulse today.
    PermissionMissing, PermissionOver
        The version's licence needs a permission that nobody recorded, or that has run out.
    """
    wave = _locked(wave_id)
    if wave.state == WaveState.OPEN:
        db.session.rollback()
        return []
    if wave.state != WaveState.PLANNED:
        raise WrongWaveState(wave.key, wave.state, "planned")
    waves = _opened_together(wave)
    asked = [find_instrument(each.instrument or each.pulse.instrument) for each in waves]
    for instrument in asked:
        require_permission(instrument, now.date())
    people = people_to_invite(current_tree(wave.pulse.programme, authorities=wave.pulse.authorities), now)
    if len(people) < len(waves):
        db.session.rollback()
        raise NobodyToInvite(wave.key)
    tree = _tree_for(wave.pulse, people)
    messages: list[UUID] = []
    for each, instrument, part in zip(waves, asked, divide_at_random(people, len(waves)), strict=True):
        public_key = vault.wave_keys.make(each.key)
        vault.escrow.seal_copies(each.key, vault.wave_keys.load(each.key), current_holders())
        db.session.add(freeze(each, instrument, tree, disclosure_terms(each.pulse), public_key=public_key))
        messages += _invite(each, instrument, part, now, vault)
        each.state = WaveState.OPEN
    if wave.bridge is not None:
        wave.pulse.instrument = asked[-1].reference
    db.session.commit()
    return messages


def waves_to_open(now: datetime) -> list[int]:
    """Planned waves whose time has come."""
    due = select(Wave.id).where(Wave.state == WaveState.PLANNED, Wave.opens_at <= now, Wave.closes_at > now)
    return list(db.session.scalars(due))


def waves_to_close(now: datetime) -> list[int]:
    """Open waves whose time is over, waves whose closing was interrupted, and those of which nobody was told yet."""
    over = (Wave.state == WaveState.OPEN) & (Wave.closes_at <= now)
    interrupted = (Wave.state == WaveState.CLOSED) & or_(
        Wave.key_destroyed_at.is_(None),
        Wave.compacted_at.is_(None),
        Wave.described_at.is_(None),
    )
    untold = and_(*waits_for_digests(now))
    due = select(Wave.id).where(or_(over, Wave.state == WaveState.CLOSING, interrupted, untold)).order_by(Wave.id)
    return list(db.session.scalars(due))


def _locked(wave_id: int) -> Wave:
    """Lock a wave by way of its pulse, so that the jobs of a bridge's two waves wait for each other in one order."""
    pulse_id = db.session.scalar(select(Wave.pulse_id).where(Wave.id == wave_id))
    if pulse_id is None:
        raise UnknownWave(str(wave_id))
    db.session.get_one(Pulse, pulse_id, with_for_update=True)
    return db.session.get_one(Wave, wave_id, with_for_update=True, populate_existing=True)


def _opened_together(wave: Wave) -> Sequence[Wave]:
    """The wave itself, or both waves of its bridge: the earlier questions first."""
    if wave.bridge is None:
        return [wave]
    both = (
        select(Wave)
        .where(Wave.pulse_id == wave.pulse_id, Wave.bridge == wave.bridge, Wave.state == WaveState.PLANNED)
        .order_by(Wave.id)
        .with_for_update()
    )
    return list(db.session.scalars(both))


def _tree_for(pulse: Pulse, people: Sequence[Person]) -> GroupTree:
    """The groups of today, with a leads' group wherever somebody is counted in one."""
    counted_in = {person.team_key for person in people}
    tree = current_tree(pulse.programme, authorities=pulse.authorities)
    areas_with_leads = {node.key for node in tree.nodes if leads_key(node.key) in counted_in}
    return current_tree(pulse.programme, areas_with_leads, authorities=pulse.authorities)


def _invite(wave: Wave, instrument: Instrument, people: Sequence[Person], now: datetime, vault: Vault) -> list[UUID]:
    """Add an invitation and a message a person to the running transaction, and return the messages' ids."""
    kinds = {(person.authority_id, person.hours) for person in people}
    openings = {kind: window_of_person(*kind).next_opening(now) for kind in kinds}
    earlier = db.session.scalar(
        select(func.count()).select_from(Wave).where(Wave.pulse_id == wave.pulse_id, Wave.opens_at < wave.opens_at)
    )
    rotating = [rotating_items(instrument, person.participant_id, earlier or 0) for person in people]
    invitations = [
        _invitation(wave, person, [item.id for item in items], vault)
        for person, items in zip(people, rotating, strict=True)
    ]
    db.session.execute(insert(Invitation), invitations)
    messages = [
        _message(wave, invitation, person, openings[person.authority_id, person.hours])
        for invitation, person in zip(invitations, people, strict=True)
    ]
    db.session.execute(insert(Message), messages)
    return [message["id"] for message in messages]


def _invitation(
    wave: Wave, person: Person, rotating: list[str], vault: Vault
) -> dict[str, Any]:  # Any: columns of a row
    invitation_id = uuid4()
    token = invitation_token(vault.link_key, invitation_id)
    return {
        "id": invitation_id,
        "wave_id": wave.id,
        "participant_id": person.participant_id,
        "team_key": person.team_key,
        "token_hash": vault.lookup_hash(token),
        "answered": False,
        "rotating": rotating,
    }


def _message(
    wave: Wave, invitation: Mapping[str, Any], person: Person, not_before: datetime
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
        "not_before": not_before,
        "expires_at": wave.closes_at - LAST_MESSAGE_BEFORE_CLOSE,
        "attempt_number": 0,
        "wording_version": latest_version("invitation"),
    }
