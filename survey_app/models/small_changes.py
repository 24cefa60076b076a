"""Small changes: things a team decided to try."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class SmallChange(Base):
    """A dated small change, drawn on its team's trend."""

    __tablename__ = "small_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    title: Mapped[str]
    started_on: Mapped[date]
