"""Whose accounts messages leave through, and how those accounts have done lately."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class SenderAccount(Base):
    """An account with a provider, for one channel: an authority's own, or everybody's where `authority_id` is NULL.

    The account with the lowest `rank` is tried first. Its credentials are encrypted like contact details.
    """

    __tablename__ = "sender_accounts"
    __table_args__ = (UniqueConstraint("authority_id", "channel", "rank"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"))
    channel: Mapped[str]
    rank: Mapped[int]
    provider: Mapped[str]
    per_second: Mapped[float]
    credentials_encrypted: Mapped[bytes]


class SenderGate(Base):
    """The gate before an account, by the account's name: see `notifications.gates`."""

    __tablename__ = "sender_gates"

    account: Mapped[str] = mapped_column(primary_key=True)
    slowdown: Mapped[float]
    next_turn: Mapped[datetime | None]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    closed_until: Mapped[datetime | None]
    fault: Mapped[str]
    accepted_at: Mapped[datetime | None]
