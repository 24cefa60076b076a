"""Small changes: things a team decided to try, ideas for them, and what is beyond the team's own gift."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class SmallChange(Base):
    """A dated small change, drawn on its team's trend.

    `measure` is the scale on which the team expects to see it, `decision` what came of the review: adopt, adapt or
    stop. `theme` is a word that teams share who try things for the same. `version` counts how often it was saved.
    """

    __tablename__ = "small_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    title: Mapped[str]
    started_on: Mapped[date]
    aims: Mapped[str] = mapped_column(default="")
    opposite: Mapped[str] = mapped_column(default="")
    mission: Mapped[str] = mapped_column(default="")
    helps: Mapped[str] = mapped_column(default="")
    measure: Mapped[str | None]
    review_on: Mapped[date | None]
    how_it_went: Mapped[str] = mapped_column(default="")
    decision: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class SmallChangeIdea(Base):
    """What somebody of a team would try: no name, a day instead of a time, and an id that tells no order."""

    __tablename__ = "small_change_ideas"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    words: Mapped[str]
    suggested_on: Mapped[date]
    outcome: Mapped[str | None]


class BlueprintItem(Base):
    """What a team cannot change by itself and passed up to its authority. `status` is where it stands there."""

    __tablename__ = "blueprint_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    small_change_id: Mapped[int | None] = mapped_column(ForeignKey("small_changes.id"))
    title: Mapped[str]
    theme: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    status: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    passed_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
