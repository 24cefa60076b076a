"""Keys of programs, scoped like people, and what those that write have asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class ApiKey(Base):
    """A program's key: it sees what somebody with a role in this group sees. Only a hash of it is kept.

    One that `may_write` brings rosters in and adds groups inside its own.
    """

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    may_write: Mapped[bool] = mapped_column(default=False)


class ApiRequest(Base):
    """A request that changes something, by the key that its program gave it; without `status` it is not answered yet.

    The fingerprint is a keyed hash of what was asked: of staff nothing is kept here.
    """

    __tablename__ = "api_requests"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    begun_at: Mapped[datetime]
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]  # Any: JSON
