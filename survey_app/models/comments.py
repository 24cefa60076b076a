"""Comments: kept apart from all answers, in groups of ten people or more, and read by somebody before anybody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class CommentState(StrEnum):
    """What the reader decided."""

    WAITING = "waiting"
    KEPT_BACK = "kept back"
    RELEASED = "released"


class Comment(Base):
    """What somebody wrote in a wave. `group_key` names the blocks of its group, joined by `+`.

    `shown_encrypted` is the text as released, without names. Nothing is shown before `out_at`: the moment at which all
    of a group's comments were decided on.
    """

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_wave_id", "wave_id"), {"sqlite_with_rowid": False})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    group_key: Mapped[str]
    text_encrypted: Mapped[bytes]
    shown_encrypted: Mapped[bytes | None]
    state: Mapped[str]
    out_at: Mapped[datetime | None]
