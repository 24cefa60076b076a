"""Decisions that a usual range begins anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class NewRangeRow(Base):
    """Somebody's decision that a group's usual range on a measure begins anew at a wave: dated, with its reason."""

    __tablename__ = "new_ranges"
    __table_args__ = (UniqueConstraint("group_key", "measure", "wave_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_key: Mapped[str]
    measure: Mapped[str]
    wave_key: Mapped[str]
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
