"""Programs of others that are told what happened, and each time that they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class CallState(StrEnum):
    """Where a call stands; one that failed was tried for three days."""

    PENDING = "pending"
    CALLING = "calling"
    TAKEN = "taken"
    FAILED = "failed"


class Webhook(Base):
    """An address that is called, and the secret that signs each call, encrypted like contact details."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    address: Mapped[str]
    secret_encrypted: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class WebhookCall(Base):
    """One thing that happened to a wave, to be told once; `last_answer` is an HTTP status, or what went wrong."""

    __tablename__ = "webhook_calls"
    __table_args__ = (UniqueConstraint("webhook_id", "event", "wave_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    event: Mapped[str]
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    happened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=CallState.PENDING, index=True)
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_answer: Mapped[str | None]
    settled_at: Mapped[datetime | None]
