"""Messages in doubt: asked about one at a time, until they are settled or given up where everybody sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from notifications.messages import MessageState
from notifications.reconciling import Answer, Doubt, Finding
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.messages import Attempt, Message
from survey_app.stores.outbox import read_claimed

BEFORE_ASKING = timedelta(minutes=2)
BEFORE_GIVING_UP = timedelta(minutes=15)
ABSENCES_NEEDED = 2


@dataclass(frozen=True)
class DatabaseDoubts:
    """Implements `notifications.reconciling.Doubts`. `may_send_again` says whether two absences are proof enough."""

    vault: Vault
    public_base_url: str
    may_send_again: bool

    def raise_doubt(self, message_id: UUID, now: datetime) -> Doubt | None:
        """Take a message in doubt whose turn it is."""
        taken = db.session.scalars(
            update(Message)
            .where(Message.id == message_id, Message.state == MessageState.UNKNOWN, _is_due(now))
            .values(asked_at=now)
            .returning(Message.attempt_number)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if taken is None:
            db.session.rollback()
            return None
        attempt_id, since = db.session.execute(
            select(Attempt.id, Attempt.claimed_at).where(Attempt.message_id == message_id, Attempt.number == taken)
        ).one()
        claimed = read_claimed(message_id, attempt_id, now, self.vault, self.public_base_url)
        db.session.commit()
        return None if since > now - BEFORE_ASKING else Doubt(claimed, since)

    def settle(self, message_id: UUID, answer: Answer, found: Finding | None, now: datetime) -> None:
        """Write down what came of asking."""
        message = db.session.scalars(
            select(Message).where(Message.id == message_id, Message.state == MessageState.UNKNOWN).with_for_update()
        ).one_or_none()
        if message is not None:
            self._move(message, answer, found, now)
        db.session.commit()

    def _move(self, message: Message, answer: Answer, found: Finding | None, now: datetime) -> None:
        if found is not None:
            message.state, message.failure_code = MessageState.ACCEPTED, None
            message.account, message.provider_message_id = found.account, found.provider_message_id
        elif answer is Answer.ABSENT:
            message.absences += 1
            if message.absences >= ABSENCES_NEEDED:
                again = self.may_send_again and message.expires_at > now
                message.state = MessageState.PENDING if again else MessageState.UNCONFIRMED
                message.absences = 0
        elif answer is Answer.NOBODY_TO_ASK:
            began = db.session.scalar(
                select(Attempt.claimed_at).where(
                    Attempt.message_id == message.id, Attempt.number == message.attempt_number
                )
            )
            if began is None or began <= now - BEFORE_GIVING_UP:
                message.state = MessageState.UNCONFIRMED
        if message.state == MessageState.UNKNOWN and message.expires_at <= now:
            message.state = MessageState.UNCONFIRMED


def doubts_to_raise(now: datetime, limit: int = 500) -> list[UUID]:
    """Messages in doubt whose turn it is to be asked about, the oldest first."""
    found = db.session.scalars(
        select(Message.id)
        .where(Message.state == MessageState.UNKNOWN, _is_due(now))
        .order_by(Message.not_before)
        .limit(limit)
    ).all()
    db.session.rollback()
    return list(found)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(Message.asked_at.is_(None), and_(Message.asked_at.is_not(None), Message.asked_at <= now - BEFORE_ASKING))
