"""Take in what a provider reports of a message: once each, in any order, and never back from what is final."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications.messages import MessageState
from notifications.reports import FILTERED_CODES, FINAL, OPEN_TO_REPORTS, Consequence, DeliveryReport
from survey_app.extensions import db
from survey_app.models.messages import Attempt, DeliveryEvent, Message
from survey_app.models.participants import ContactPoint, Participant
from survey_app.stores.sender_gates import close_gate
from survey_app.stores.sending_windows import window_of
from survey_app.stores.wishes import keep_wish

UNTIL_ANOTHER_DAY = timedelta(hours=12)
MOST_ATTEMPTS_AFTER_FAILURE = 2
MONTH, COMING_BACK_TO_PAUSE = timedelta(days=30), 3
FILTERED_CLOSES_FOR, FILTERED_OF, FILTERED_AT_MOST = timedelta(hours=1), 100, 5


def take_in_report(attempt_id: UUID, report: DeliveryReport, now: datetime) -> bool:
    """Apply a report to the message of an attempt; False for an attempt that nobody knows, or a report seen before.

    A report of an attempt proves that the provider took it over, so it settles what was unknown too.
    """
    found = db.session.execute(
        select(Message.id, Message.contact_point_id)
        .join(Attempt, Attempt.message_id == Message.id)
        .where(Attempt.id == attempt_id)
    ).one_or_none()
    if found is None or not _is_new(attempt_id, report, now):
        db.session.rollback()
        return False
    message_id, contact_point_id = found
    values: dict[str, object] = {
        "state": report.state,
        "provider": report.provider,
        "provider_message_id": report.provider_message_id,
        "failure_code": report.code or None,
        "lease_until": None,
    }
    changeable = OPEN_TO_REPORTS if report.state in FINAL else OPEN_TO_REPORTS - {MessageState.ACCEPTED}
    moved = db.session.scalars(
        update(Message)
        .where(Message.id == message_id, Message.state.in_(changeable))
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is not None or report.consequence is Consequence.OPTED_OUT:
        _draw_consequence(report, message_id, contact_point_id, now)
    db.session.commit()
    return True


def _is_new(attempt_id: UUID, report: DeliveryReport, now: datetime) -> bool:
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    event = dialect.insert(DeliveryEvent).values(
        provider=report.provider,
        provider_message_id=report.provider_message_id,
        status=report.status,
        code=report.code,
        attempt_id=attempt_id,
        received_at=now,
    )
    return bool(db.session.scalars(event.on_conflict_do_nothing().returning(DeliveryEvent.status)).all())


def _draw_consequence(report: DeliveryReport, message_id: UUID, contact_point_id: int, now: datetime) -> None:
    """What a report asks for besides: an address is no good, somebody wants no more, or another day may do."""
    contact = db.session.get_one(ContactPoint, contact_point_id)
    if report.consequence is Consequence.ADDRESS_INVALID:
        contact.invalid_code = report.code or report.status
    elif report.consequence is Consequence.OPTED_OUT:
        keep_wish(contact.channel, contact.address_hash, "provider", now)
    elif report.consequence is Consequence.TRY_ANOTHER_DAY:
        _try_another_day(message_id, now)
    elif report.consequence is Consequence.CAME_BACK:
        _pause_what_keeps_coming_back(contact, now)
    elif report.consequence is Consequence.FILTERED:
        _close_what_is_filtered(message_id, now)


def _pause_what_keeps_coming_back(contact: ContactPoint, now: datetime) -> None:
    """Three mails that came back within a month: a mailbox that is full or away gets a month's rest."""
    came_back = db.session.scalar(
        select(func.count())
        .select_from(DeliveryEvent)
        .join(Attempt, Attempt.id == DeliveryEvent.attempt_id)
        .join(Message, Message.id == Attempt.message_id)
        .where(Message.contact_point_id == contact.id, DeliveryEvent.status == "failed")
        .where(DeliveryEvent.received_at > now - MONTH)
    )
    if (came_back or 0) >= COMING_BACK_TO_PAUSE:
        contact.paused_until = now + MONTH


def _close_what_is_filtered(message_id: UUID, now: datetime) -> None:
    """Networks that filter more than five of an account's last hundred texts take them for spam: more make it worse."""
    account = db.session.scalar(select(Message.account).where(Message.id == message_id))
    last = db.session.scalars(
        select(Message.failure_code)
        .where(Message.account == account, Message.state.in_(FINAL))
        .order_by(Message.not_before.desc())
        .limit(FILTERED_OF)
    ).all()
    if account and sum(code in FILTERED_CODES for code in last) > FILTERED_AT_MOST:
        close_gate(account, "filtered", now + FILTERED_CLOSES_FOR)


def _try_another_day(message_id: UUID, now: datetime) -> None:
    """A handset that was out of reach: once more, at the authority's next opening after twelve hours."""
    authority = db.session.scalar(
        select(Participant.authority_id)
        .join(ContactPoint, ContactPoint.participant_id == Participant.id)
        .join(Message, Message.contact_point_id == ContactPoint.id)
        .where(Message.id == message_id)
    )
    later = now + UNTIL_ANOTHER_DAY
    opening = later if authority is None else window_of(authority).next_opening(later)
    db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.attempt_number < MOST_ATTEMPTS_AFTER_FAILURE)
        .where(Message.expires_at > opening)
        .values(state=MessageState.PENDING, not_before=opening)
        .execution_options(synchronize_session=False)
    )
