"""Answers: sealed ballots while a wave is open, and opened responses by block afterwards.

Only the use cases that record and that publish may import this module.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Ballot(Base):
    """A sealed ballot: no time, no sequence, no person. Stored in the order of its tag, which is a hash."""

    __tablename__ = "ballots"
    __table_args__ = (Index("ix_ballots_wave_id", "wave_id"), {"sqlite_with_rowid": False})

    tag: Mapped[bytes] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    sealed: Mapped[bytes]


class Response(Base):
    """One set of answers, known by its block only. Rows of a wave are written shuffled, in one statement."""

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_wave_id", "wave_id"), {"sqlite_with_rowid": False})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    block_key: Mapped[str]
    answers: Mapped[list[int | None]] = mapped_column(JSON)
