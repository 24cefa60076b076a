"""Invitations: one participant's right to answer one wave."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Invitation(Base):
    """`answered` is a flag without a time; `team_key` is where the answers will be counted.

    `rotating` lists the items of the rotating bank that are asked of this invitation.
    """

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_wave_participant", "wave_id", "participant_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    team_key: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    answered: Mapped[bool] = mapped_column(default=False)
    rotating: Mapped[list[str]] = mapped_column(default=list)
