"""The outbox: messages and the attempts to send them. It keeps no address, no name and no text."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Message(Base):
    """One email or text. The dedupe key makes planning it twice impossible.

    `asked_at` is when the provider was last asked about a message of which nobody knows whether it was taken over, and
    `absences` how often it did not have it. `wording_version` is fixed when it is planned: asking a provider for it by
    its words needs the same words. `account` is the sender account that its last attempt went through. `trial_of` is
    the pulse whose wording a programme lead tries on themselves: such a message belongs to no wave.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(
            "ix_messages_due",
            "not_before",
            postgresql_where=text("state IN ('pending', 'unknown')"),
            sqlite_where=text("state IN ('pending', 'unknown')"),
        ),
        Index(
            "ix_messages_leased",
            "lease_until",
            postgresql_where=text("state = 'sending'"),
            sqlite_where=text("state = 'sending'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("waves.id"), index=True)
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id"))
    sign_in_request_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_requests.id"))
    trial_of: Mapped[int | None] = mapped_column(ForeignKey("pulses.id"))
    state: Mapped[str]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempt_number: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    provider: Mapped[str | None]
    provider_message_id: Mapped[str | None]
    failure_code: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    absences: Mapped[int] = mapped_column(default=0)
    account: Mapped[str | None]
    wording_version: Mapped[int] = mapped_column(default=1)


class Attempt(Base):
    """One try at handing a message over."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    number: Mapped[int]
    claimed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    code: Mapped[str | None]
    account: Mapped[str | None]


class DeliveryEvent(Base):
    """What a provider reported of a message, once each; nothing of its text or of its recipient."""

    __tablename__ = "delivery_events"

    provider: Mapped[str] = mapped_column(primary_key=True)
    provider_message_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
