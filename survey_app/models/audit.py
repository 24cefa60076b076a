"""The audit log: who did what to what, and when. Rows are added and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class AuditEntry(Base):
    """One act. `detail` holds names of things and dates; never an answer, an address or a token."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]]  # Any: JSON


class AuditSeal(Base):
    """A seal over an act and the seal before it, in the order in which they were sealed. A row is never changed."""

    __tablename__ = "audit_seals"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), unique=True)
    seal: Mapped[bytes]
    sealed_at: Mapped[datetime]
