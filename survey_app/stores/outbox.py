"""The outbox in the database: every arrow between two states is one conditional UPDATE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update

from notifications.messages import Accepted, Channel, ClaimedMessage, MessageState, NotAccepted, Outcome
from notifications.windows import SendingWindow
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint, OptOut, Participant
from survey_app.stores.personalisation import personalise
from survey_app.stores.sending_windows import window_of

LEASE = timedelta(seconds=120)
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(hours=1)


@dataclass(frozen=True)
class DatabaseOutbox:
    """Implements `notifications.outbox.Outbox`."""

    vault: Vault
    public_base_url: str

    def claim(self, message_id: UUID, now: datetime) -> ClaimedMessage | None:
        """Take a pending message for one attempt; outside its authority's hours it waits for the next opening."""
        window = _window_for(message_id)
        if window is not None and not window.is_open(now):
            _move(_is_pending(message_id), not_before=window.next_opening(now))
            return None
        lease_until = now + LEASE
        taken = db.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state == MessageState.PENDING)
            .where(Message.not_before <= now, Message.expires_at > now, _may_be_sent())
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
            claimed = read_claimed(message_id, attempt_id, lease_until, self.vault, self.public_base_url, window)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row must not hold up the others
            db.session.rollback()
            self._give_up(message_id, type(error).__name__)
            return None
        db.session.commit()
        return claimed

    def _give_up(self, message_id: UUID, code: str) -> None:
        """A message that cannot even be put together fails where everybody sees it."""
        _move(
            _is_pending(message_id),
            state=MessageState.FAILED,
            failure_code=code,
        )

    def record(self, claimed: ClaimedMessage, outcome: Outcome, now: datetime) -> bool:
        """Write down how an attempt ended, unless its lease ran out and it was given up."""
        changed = db.session.scalars(
            update(Message)
            .where(Message.id == claimed.message_id, Message.state == MessageState.SENDING)
            .where(Message.attempt_number == claimed.attempt_number)
            .values(lease_until=None, **_consequence(outcome, claimed.attempt_number, now))
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        db.session.execute(
            update(Attempt)
            .where(Attempt.id == claimed.attempt_id)
            .values(ended_at=now, outcome=type(outcome).__name__, code=getattr(outcome, "code", None))
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
        return bool(changed)


def read_claimed(
    message_id: UUID,
    attempt_id: UUID,
    lease_until: datetime,
    vault: Vault,
    public_base_url: str,
    window: SendingWindow | None = None,
) -> ClaimedMessage:
    """A message with its address and what its wording is filled with, for the attempt that has it."""
    message, contact = db.session.execute(
        select(Message, ContactPoint).join(ContactPoint).where(Message.id == message_id)
    ).one()
    closes = window.closing_after(lease_until - LEASE) if window else message.expires_at
    return ClaimedMessage(
        message_id=message_id,
        attempt_id=attempt_id,
        attempt_number=message.attempt_number,
        lease_until=lease_until,
        good_until=min(message.expires_at, closes),
        channel=Channel(message.channel),
        template=message.purpose,
        language=message.language,
        address=vault.decrypt(contact.address_encrypted),
        personalisation=personalise(message, vault, public_base_url),
    )


def due_messages(now: datetime, limit: int = 1000) -> list[UUID]:
    """Pending messages whose time has come, the oldest first."""
    found = db.session.scalars(
        select(Message.id)
        .where(Message.state == MessageState.PENDING, Message.not_before <= now, Message.expires_at > now)
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
    opted_out = _move(and_(Message.state == MessageState.PENDING, ~_may_be_sent()), state=MessageState.OPTED_OUT)
    return opted_out + _move(
        and_(Message.state == MessageState.PENDING, Message.expires_at <= now), state=MessageState.EXPIRED
    )


def _is_pending(message_id: UUID) -> ColumnElement[bool]:
    return and_(Message.id == message_id, Message.state == MessageState.PENDING)


def _window_for(message_id: UUID) -> SendingWindow | None:
    """The hours of the authority whose staff a message is for; None for one that answers somebody who waits."""
    authority = db.session.scalar(
        select(Participant.authority_id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .join(Message, Message.invitation_id == Invitation.id)
        .where(Message.id == message_id)
    )
    found = None if authority is None else window_of(authority)
    db.session.rollback()
    return found


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


def _may_be_sent() -> ColumnElement[bool]:
    opted_out = exists().where(
        ContactPoint.id == Message.contact_point_id,
        OptOut.address_hash == ContactPoint.address_hash,
        OptOut.channel == ContactPoint.channel,
    )
    answered = exists().where(Invitation.id == Message.invitation_id, Invitation.answered)
    return and_(
        or_(Message.purpose == "sign_in", ~opted_out),
        or_(Message.purpose != "reminder", ~answered),
    )


def _consequence(outcome: Outcome, attempt_number: int, now: datetime) -> dict[str, object]:
    if isinstance(outcome, Accepted):
        return {
            "state": MessageState.ACCEPTED,
            "provider": outcome.provider,
            "provider_message_id": outcome.provider_message_id,
            "failure_code": None,
        }
    if not isinstance(outcome, NotAccepted):
        return {"state": MessageState.UNKNOWN, "provider": outcome.provider, "failure_code": outcome.code}
    if outcome.permanent:
        return {"state": MessageState.FAILED, "provider": outcome.provider, "failure_code": outcome.code}
    wait = min(_FIRST_RETRY * 2 ** min(attempt_number - 1, 8), _LONGEST_RETRY)
    return {"state": MessageState.PENDING, "failure_code": outcome.code, "not_before": now + wait}
