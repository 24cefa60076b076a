"""Answers: sealed ballots while a wave is open, and opened answers by block afterwards.

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


class AnswerApart(Base):
    """One answer to a rotating item, or to one without a scale, in a row of its own.

    Who was asked a rotating item can be told from the invitations, and a role from the roster: beside other answers,
    or in a group as small as a block, such an answer would be somebody's. So it stands alone, and its group holds at
    least ten answers to the item.
    """

    __tablename__ = "answers_apart"
    __table_args__ = (Index("ix_answers_apart_wave_id", "wave_id"), {"sqlite_with_rowid": False})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    item: Mapped[str]
    group_key: Mapped[str]
    answer: Mapped[int]
