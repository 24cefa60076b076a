"""Remind people who have not answered: at most twice a wave, the second time by another way where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from notifications.catalogue import latest_version
from notifications.messages import MessageState
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Participant
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.reachability import can_be_reached, wants_none
from survey_app.stores.sending_windows import window_of_person
from survey_app.use_cases.fieldwork import LAST_MESSAGE_BEFORE_CLOSE
from survey_app.use_cases.manners import MOST_REMINDERS

BETWEEN_MESSAGES = timedelta(hours=48)
A_WEEK, MOST_A_WEEK = timedelta(days=7), 2


def plan_reminders(now: datetime) -> list[UUID]:
    """Plan whatever reminders are due and not planned yet; return the ids of their messages.

    A wave is locked while its reminders are planned, and remembers how many it has had; the dedupe key makes planning
    them twice impossible besides. Whether somebody has answered is looked at here, and again when a message is claimed.
    """
    waves = db.session.scalars(select(Wave.id).where(Wave.state == WaveState.OPEN).order_by(Wave.id)).all()
    db.session.rollback()
    return [message for wave_id in waves for message in _plan(wave_id, now)]


def _plan(wave_id: int, now: datetime) -> list[UUID]:
    wave = db.session.get_one(Wave, wave_id, with_for_update=True, populate_existing=True)
    number = wave.reminders_planned + 1
    days = wave.pulse.reminder_days[:MOST_REMINDERS]
    if (
        wave.state != WaveState.OPEN
        or wave.paused_at is not None
        or number > len(days)
        or now < wave.opens_at + timedelta(days=days[number - 1])
        or now >= wave.closes_at - LAST_MESSAGE_BEFORE_CLOSE
    ):
        db.session.rollback()
        return []
    messages = [_message(wave, number, person) for person in _people_to_remind(wave, number, now)]
    if messages:
        db.session.execute(insert(Message), messages)
    wave.reminders_planned = number
    db.session.commit()
    return [message["id"] for message in messages]


@dataclass(frozen=True)
class _Written:
    """How somebody was invited to a wave, and when they were last written to about it."""

    channel: str
    language: str
    last: datetime


def _people_to_remind(wave: Wave, number: int, now: datetime) -> Iterator[dict[str, Any]]:  # Any: columns of a row
    """Invitations without an answer, with how and when to reach each person; nobody is written to too often."""
    rows = db.session.execute(
        select(Invitation.id, Invitation.participant_id, Participant.authority_id, Participant.hours)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.wave_id == wave.id, ~Invitation.answered)
        .order_by(Invitation.participant_id)
    ).all()
    written, recent = _written(wave.id), _recent_messages(now)
    contacts = _contacts({row.participant_id for row in rows}, now)
    kinds = {(row.authority_id, row.hours) for row in rows}
    openings = {kind: window_of_person(*kind).next_opening(now) for kind in kinds}
    for row in rows:
        before, ways = written.get(row.id), contacts.get(row.participant_id, {})
        if before is None or now < before.last + BETWEEN_MESSAGES or recent[row.participant_id] >= MOST_A_WEEK:
            continue
        others = [way for way in sorted(ways) if way != before.channel]
        channel = others[0] if number == MOST_REMINDERS and others else before.channel
        not_before = openings[row.authority_id, row.hours]
        if channel in ways and not_before < wave.closes_at - LAST_MESSAGE_BEFORE_CLOSE:
            yield {
                "invitation_id": row.id,
                "channel": channel,
                "contact_point_id": ways[channel],
                "language": before.language,
                "not_before": not_before,
            }


def _written(wave_id: int) -> Mapping[UUID, _Written]:
    rows = db.session.execute(
        select(Message.invitation_id, Message.channel, Message.language, Message.not_before)
        .where(Message.wave_id == wave_id, Message.invitation_id.is_not(None))
        .order_by(Message.not_before)
    ).all()
    found: dict[UUID, _Written] = {}
    for invitation, channel, language, moment in rows:
        if invitation is not None:
            first = found.get(invitation)
            found[invitation] = _Written(
                first.channel if first else channel, first.language if first else language, moment
            )
    return found


def _contacts(wanted: Collection[int], now: datetime) -> Mapping[int, Mapping[str, int]]:
    """Every way of reaching each participant."""
    rows = db.session.execute(
        select(ContactPoint.participant_id, ContactPoint.channel, ContactPoint.id).where(
            ContactPoint.participant_id.is_not(None), can_be_reached(now), ~wants_none(of_reminders=True)
        )
    ).all()
    found: dict[int, dict[str, int]] = {}
    for participant, channel, contact in rows:
        if participant is not None and participant in wanted:
            found.setdefault(participant, {})[channel] = contact
    return found


def _recent_messages(now: datetime) -> Counter[int]:
    """How many messages each participant was sent within a week, over all waves."""
    rows = db.session.execute(
        select(ContactPoint.participant_id, func.count())
        .join(Message, Message.contact_point_id == ContactPoint.id)
        .where(
            ContactPoint.participant_id.is_not(None),
            Message.not_before > now - A_WEEK,
            Message.state.not_in((MessageState.EXPIRED, MessageState.OPTED_OUT, MessageState.CANCELLED)),
        )
        .group_by(ContactPoint.participant_id)
    ).all()
    return Counter({participant: count for participant, count in rows if participant is not None})


def _message(wave: Wave, number: int, person: Mapping[str, Any]) -> dict[str, Any]:  # Any: as above
    return {
        "id": uuid4(),
        "dedupe_key": f"{wave.id}:{person['invitation_id']}:reminder:{number}:{person['channel']}",
        "purpose": "reminder",
        "wave_id": wave.id,
        "state": MessageState.PENDING,
        "expires_at": wave.closes_at - LAST_MESSAGE_BEFORE_CLOSE,
        "attempt_number": 0,
        "wording_version": latest_version("reminder"),
        **person,
    }
