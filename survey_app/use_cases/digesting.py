"""When a wave's results are out: a digest to each lead of its groups, and to everybody who was asked, by email."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from notifications.catalogue import latest_version
from notifications.messages import Channel, MessageState
from survey_app.extensions import db
from survey_app.models.accounts import Role, RoleGrant
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Participant
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.stores.digest_words import LEAD, STAFF
from survey_app.stores.reachability import can_be_reached, wants_none
from survey_app.stores.sending_windows import window_of_person

TOO_LATE = timedelta(days=3)
"""From then on nobody waits for news of a wave."""


def plan_digests(now: datetime) -> list[UUID]:
    """Plan the digests of waves whose results are out and have none; return the ids of their messages.

    A wave is locked while its digests are planned; the dedupe key makes planning them twice impossible besides.
    """
    waves = db.session.scalars(select(Wave.id).where(*waits_for_digests(now)).order_by(Wave.id)).all()
    db.session.rollback()
    return [message for wave_id in waves for message in _plan(wave_id, now)]


def waits_for_digests(now: datetime) -> tuple[Any, ...]:  # Any: conditions of a query
    """Closed lately, with its pictures drawn, and nobody told."""
    return (
        Wave.state == WaveState.CLOSED,
        Wave.digested_at.is_(None),
        Wave.charts_drawn_at.is_not(None),
        Wave.closed_at > now - TOO_LATE,
    )


def _plan(wave_id: int, now: datetime) -> list[UUID]:
    wave = db.session.get_one(Wave, wave_id, with_for_update=True, populate_existing=True)
    if wave.digested_at is not None:
        db.session.rollback()
        return []
    messages = [*_to_leads(wave, now), *_to_staff(wave, now)] if wave.pulse.sends_digests else []
    if messages:
        db.session.execute(insert(Message), messages)
    wave.digested_at = now
    db.session.commit()
    return [message["id"] for message in messages]


def _to_leads(wave: Wave, now: datetime) -> Iterator[dict[str, Any]]:  # Any: columns of a row
    """One to everybody with a role in the wave's programme or in an authority that it asked, however many roles.

    The two waves of a bridge are one pulse to a lead: whichever is planned first tells them.
    """
    if _bridge_was_told(wave):
        return
    rows = db.session.execute(
        select(ContactPoint.id, Group)
        .join(RoleGrant, RoleGrant.account_id == ContactPoint.account_id)
        .join(Group, Group.id == RoleGrant.group_id)
        .where(RoleGrant.ended_at.is_(None), RoleGrant.role != Role.GOVERNANCE_READER)
        .where(ContactPoint.channel == Channel.EMAIL, can_be_reached(now), ~wants_none())
        .order_by(ContactPoint.id)
    ).all()
    told = {contact for contact, group in rows if _is_about(wave, group)}
    for contact in sorted(told):
        yield _message(wave, LEAD, contact, now, language="en", invitation_id=None)


def _bridge_was_told(wave: Wave) -> bool:
    """Whether the other wave of a bridge was planned already; the pulse is locked, so that one of the two waits."""
    if wave.bridge is None:
        return False
    db.session.get_one(Pulse, wave.pulse_id, with_for_update=True)
    other = select(Wave.id).where(
        Wave.pulse_id == wave.pulse_id, Wave.bridge == wave.bridge, Wave.id != wave.id, Wave.digested_at.is_not(None)
    )
    return db.session.scalar(other) is not None


def _is_about(wave: Wave, group: Group) -> bool:
    """Whether a group was there when the wave opened: one that ended before, or was made since, has no news of it."""
    return group.id == wave.pulse.programme_id or (
        wave.terms is not None and group.key in {row[0] for row in wave.terms.tree["groups"]}
    )


def _to_staff(wave: Wave, now: datetime) -> Iterator[dict[str, Any]]:  # Any: columns of a row
    """One to everybody who was asked and has an email address, whether they answered or not."""
    rows = db.session.execute(
        select(ContactPoint.id, Invitation.id, Participant.authority_id, Participant.hours, Participant.language)
        .join(Participant, Participant.id == ContactPoint.participant_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .where(Invitation.wave_id == wave.id, ContactPoint.channel == Channel.EMAIL)
        .where(can_be_reached(now), ~wants_none())
        .order_by(ContactPoint.id)
    ).all()
    kinds = {(authority, hours) for _, _, authority, hours, _ in rows}
    openings = {kind: window_of_person(*kind).next_opening(now) for kind in kinds}
    for contact, invitation, authority, hours, language in rows:
        opens = openings[authority, hours]
        spoken = language if language in {"en", "cy"} else "en"
        yield _message(wave, STAFF, contact, opens, language=spoken, invitation_id=invitation)


def _message(
    wave: Wave, purpose: str, contact: int, not_before: datetime, *, language: str, invitation_id: UUID | None
) -> dict[str, Any]:  # Any: columns of a row
    return {
        "id": uuid4(),
        "dedupe_key": f"{wave.id}:{purpose}:{contact}",
        "purpose": purpose,
        "channel": Channel.EMAIL,
        "language": language,
        "contact_point_id": contact,
        "wave_id": wave.id,
        "invitation_id": invitation_id,
        "state": MessageState.PENDING,
        "not_before": not_before,
        "expires_at": not_before + TOO_LATE,
        "attempt_number": 0,
        "wording_version": latest_version(purpose),
    }
