"""Roster files between their upload and somebody's word that they are to be imported."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class RosterUpload(Base):
    """An uploaded roster, encrypted like contact details and gone after an hour.

    Once it is imported the file is gone at once, and `report` says what the import did.
    """

    __tablename__ = "roster_uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]
    file_name: Mapped[str]
    absent_have_left: Mapped[bool]
    content_encrypted: Mapped[bytes | None]
    report: Mapped[dict[str, Any] | None]  # Any: a report's figures and words as JSON holds them
