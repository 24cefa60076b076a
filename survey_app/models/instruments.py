"""Instruments that this installation released itself, permissions to use licensed ones, and what people ruled."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class InstrumentRelease(Base):
    """A version that was released here, beside those the product ships. Never changed."""

    __tablename__ = "instrument_releases"

    reference: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    definition: Mapped[dict[str, Any]]  # Any: the instrument's document form
    released_at: Mapped[datetime]
    released_by: Mapped[str]


class InstrumentPermission(Base):
    """An owner's permission to use a licensed version: who gave it, for what, until when."""

    __tablename__ = "instrument_permissions"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(index=True)
    granted_by: Mapped[str]
    scope: Mapped[str]
    valid_until: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class LevelRuling(Base):
    """Somebody's word that a change is more than it looks: it raises the level of a comparison, never lowers it."""

    __tablename__ = "level_rulings"

    before: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    reason: Mapped[str]
    ruled_at: Mapped[datetime]
    ruled_by: Mapped[str]
