"""Exports that somebody asked for: made by a job, kept for a day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class ExportOrder(Base):
    """An export: of which group, with or without the groups inside it, in which format, for whom.

    `content` is the file once it is made; `problem` says why it never will be.
    """

    __tablename__ = "export_orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    programme: Mapped[str]
    group_key: Mapped[str]
    with_inside: Mapped[bool]
    kind: Mapped[str]
    ordered_at: Mapped[datetime]
    made_by: Mapped[str]
    content: Mapped[bytes | None]
    problem: Mapped[str | None]
