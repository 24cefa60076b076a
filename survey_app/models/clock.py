"""The clock's last beat, so that a page can say when the clock is late."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class ClockBeat(Base):
    """When the named clock last went round."""

    __tablename__ = "clock_beats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
