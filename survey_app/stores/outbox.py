"""The outbox in the database: every arrow between two states is one conditional UPDATE."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from notifications.messages import Accepted, Channel, ClaimedMessage, Held, MessageState, NotAccepted, Outcome
from notifications.reports import Consequence, consequence_of_refusal
from notifications.windows import SendingWindow
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint, OptOut, Participant
from survey_app.models.pulses import Wave
from survey_app.stores.personalisation import personalise
from survey_app.stores.sending_windows import window_of_person
from survey_app.stores.wishes import keep_wish

LEASES = {Channel.SMS: timedelta(seconds=120), Channel.EMAIL: timedelta(seconds=1000)}
"""Each outlasts the slowest call of its channel: a mail server may take ten minutes to answer after the dot."""
PATIENCE_SECONDS = 30.0
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(hours=1)
_LONGEST_SPREAD = timedelta(seconds=10)


@dataclass(frozen=True)
class DatabaseOutbox:
    """Implements `notifications.outbox.Outbox`."""

    vault: Vault
    public_base_url: str

    def claim(self, message_id: UUID, now: datetime) -> ClaimedMessage | None:
        """Take a pending message for one attempt; outside its recipient's hours it waits for the next opening."""
        journey = _journey_of(message_id)
        if journey is None:
            return None
        if journey.window is not None and not journey.window.is_open(now):
            _move(_is_pending(message_id), not_before=journey.window.next_opening(now))
            return None
        lease_until = now + LEASES[journey.channel]
        taken = db.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state == MessageState.PENDING)
            .where(Message.not_before <= now, Message.expires_at > now, _may_be_sent(now))
            .values(state=MessageState.SENDING, attempt_number=Message.attempt_number + 1, lease_until=lease_until)
            .returning(Message.attempt_number)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if taken is None:
            db.session.rollback()
            return None
        attempt_id = uuid4()
        db.session.execute(insert(Attempt).values(id=attempt_id, message_id=message_id, number=taken, claimed_at=now))
        try:
            claimed = read_claimed(message_id, attempt_id, lease_until, self.vault, self.public_base_url)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row must not hold up the others
            db.session.rollback()
            self._give_up(message_id, type(error).__name__)
            return None
        db.session.commit()
        closes = journey.window.closing_after(now) if journey.window else claimed.good_until
        return replace(claimed, good_until=min(claimed.good_until, closes))

    def _give_up(self, message_id: UUID, code: str) -> None:
        """A message that cannot even be put together fails where everybody sees it."""
        _move(
            _is_pending(message_id),
            state=MessageState.FAILED,
            failure_code=code,
        )

    def record(self, claimed: ClaimedMessage, account: str, outcome: Outcome, now: datetime) -> bool:
        """Write down how an attempt ended, unless its lease ran out and it was given up.

        One that was held at a gate asked nobody anything: it is as if it had not been. A database that is away is
        waited for: what happened on the wire must not be forgotten lightly.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._record(claimed, account, outcome, now)
            except OperationalError:
                db.session.rollback()
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _record(self, claimed: ClaimedMessage, account: str, outcome: Outcome, now: datetime) -> bool:
        was_held = isinstance(outcome, Held)
        number = claimed.attempt_number - 1 if was_held else claimed.attempt_number
        changed = db.session.scalars(
            update(Message)
            .where(Message.id == claimed.message_id, Message.state == MessageState.SENDING)
            .where(Message.attempt_number == claimed.attempt_number)
            .values(lease_until=None, attempt_number=number, **_consequence(outcome, account, number, now))
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        if changed and isinstance(outcome, NotAccepted) and outcome.permanent:
            _learn_of_address(claimed.message_id, outcome, now)
        of_attempt = Attempt.id == claimed.attempt_id
        if was_held and changed:
            db.session.execute(delete(Attempt).where(of_attempt))
        else:
            code = getattr(outcome, "code", None)
            ended = {"ended_at": now, "outcome": type(outcome).__name__, "code": code, "account": account or None}
            db.session.execute(update(Attempt).where(of_attempt).values(ended))
        db.session.commit()
        return bool(changed)


def _learn_of_address(message_id: UUID, refusal: NotAccepted, now: datetime) -> None:
    """What a refusal says of the address: that it is none, or that nothing more is wanted there."""
    consequence = consequence_of_refusal(refusal.provider, refusal.code)
    contact = db.session.scalars(select(ContactPoint).join(Message).where(Message.id == message_id)).one()
    if consequence is Consequence.ADDRESS_INVALID:
        contact.invalid_code = refusal.code
    elif consequence is Consequence.OPTED_OUT:
        keep_wish(contact.channel, contact.address_hash, "provider", now)


def read_claimed(
    message_id: UUID, attempt_id: UUID, lease_until: datetime, vault: Vault, public_base_url: str
) -> ClaimedMessage:
    """A message with its address and what its wording is filled with, for the attempt that has it."""
    message, contact, authority = db.session.execute(
        select(Message, ContactPoint, Group.key)
        .join(ContactPoint, ContactPoint.id == Message.contact_point_id)
        .outerjoin(Participant, Participant.id == ContactPoint.participant_id)
        .outerjoin(Group, Group.id == Participant.authority_id)
        .where(Message.id == message_id)
    ).one()
    return ClaimedMessage(
        message_id=message_id,
        attempt_id=attempt_id,
        attempt_number=message.attempt_number,
        lease_until=lease_until,
        good_until=message.expires_at,
        channel=Channel(message.channel),
        template=message.purpose,
        language=message.language,
        address=vault.decrypt(contact.address_encrypted),
        personalisation=personalise(message, vault, public_base_url),
        version=message.wording_version,
        authority=authority or "",
        account=message.account or "",
    )


def due_messages(now: datetime, limit: int = 1000) -> list[UUID]:
    """Pending messages whose time has come, the oldest first."""
    found = db.session.scalars(
        select(Message.id)
        .where(Message.state == MessageState.PENDING, Message.not_before <= now, Message.expires_at > now, ~_is_held())
        .order_by(Message.not_before)
        .limit(limit)
    ).all()
    db.session.rollback()
    return list(found)


def give_up_expired_leases(now: datetime) -> int:
    """Messages whose sender died: nobody knows whether they left, so they become unknown."""
    return _move(
        and_(Message.state == MessageState.SENDING, Message.lease_until < now),
        state=MessageState.UNKNOWN,
        lease_until=None,
        failure_code="lease-ran-out",
    )


def expire_messages(now: datetime) -> int:
    """Pending messages that came too late to be of use, and those whose recipient opted out meanwhile."""
    opted_out = _move(and_(Message.state == MessageState.PENDING, ~_is_wanted()), state=MessageState.OPTED_OUT)
    return opted_out + _move(
        and_(Message.state == MessageState.PENDING, Message.expires_at <= now), state=MessageState.EXPIRED
    )


def _is_pending(message_id: UUID) -> ColumnElement[bool]:
    return and_(Message.id == message_id, Message.state == MessageState.PENDING)


@dataclass(frozen=True)
class _Journey:
    """How a message travels, and its recipient's hours: None for one that answers somebody who waits."""

    channel: Channel
    window: SendingWindow | None


def _journey_of(message_id: UUID) -> _Journey | None:
    found = db.session.execute(
        select(Message.channel, Participant.authority_id, Participant.hours)
        .outerjoin(Invitation, Invitation.id == Message.invitation_id)
        .outerjoin(Participant, Participant.id == Invitation.participant_id)
        .where(Message.id == message_id)
    ).one_or_none()
    if found is None:
        db.session.rollback()
        return None
    window = None if found.authority_id is None else window_of_person(found.authority_id, found.hours)
    db.session.rollback()
    return _Journey(Channel(found.channel), window)


def _move(condition: ColumnElement[bool], **values: object) -> int:
    moved = db.session.scalars(
        update(Message)
        .where(condition)
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return len(moved)


def _may_be_sent(now: datetime) -> ColumnElement[bool]:
    paused = exists().where(ContactPoint.id == Message.contact_point_id, ContactPoint.paused_until > now)
    return and_(_is_wanted(), ~_is_held(), or_(Message.purpose == "sign_in", ~paused))


def _is_held() -> ColumnElement[bool]:
    """Whether a message's wave is paused."""
    return exists().where(Wave.id == Message.wave_id, Wave.paused_at.is_not(None))


def _is_wanted() -> ColumnElement[bool]:
    opted_out = exists().where(
        ContactPoint.id == Message.contact_point_id,
        OptOut.address_hash == ContactPoint.address_hash,
        OptOut.channel == ContactPoint.channel,
        or_(OptOut.scope == "all", Message.purpose == "reminder"),
    )
    answered = exists().where(Invitation.id == Message.invitation_id, Invitation.answered)
    return and_(
        or_(Message.purpose == "sign_in", ~opted_out),
        or_(Message.purpose != "reminder", ~answered),
    )


def _consequence(outcome: Outcome, account: str, attempt_number: int, now: datetime) -> dict[str, object]:
    if isinstance(outcome, Held):
        return {"state": MessageState.PENDING, "not_before": outcome.until + _a_little(_LONGEST_SPREAD)}
    if isinstance(outcome, Accepted):
        return {
            "state": MessageState.ACCEPTED,
            "provider": outcome.provider,
            "provider_message_id": outcome.provider_message_id,
            "failure_code": None,
            "account": account,
        }
    ended: dict[str, object] = {"failure_code": outcome.code, "account": account or None}
    if not isinstance(outcome, NotAccepted):
        return {"state": MessageState.UNKNOWN, "provider": outcome.provider, **ended}
    if outcome.permanent:
        return {"state": MessageState.FAILED, "provider": outcome.provider, **ended}
    wait = min(_FIRST_RETRY * 2 ** min(attempt_number - 1, 8), _LONGEST_RETRY)
    wait = max(wait, timedelta(seconds=outcome.retry_after_seconds))
    return {"state": MessageState.PENDING, "not_before": now + wait + _a_little(wait / 5), **ended}


def _a_little(at_most: timedelta) -> timedelta:
    """Some time by chance, so that what failed together does not come back together."""
    return at_most * secrets.SystemRandom().random()
