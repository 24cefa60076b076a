"""Groups: programme > authority > service area > team, in one table; and how they came out of one another."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.extensions import Base


class Group(Base):
    """A reporting group. Its key is its name in addresses and files, and never changes.

    From `ended_on` it is part of no further wave; what was published of it stays.
    """

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    ended_on: Mapped[date | None]
    parent: Mapped[Group | None] = relationship(remote_side="Group.id")


class GroupChange(Base):
    """How groups came out of others on a day. Each of `before` and `after` is a key, a name, and the parent's of both.

    Names are kept as they were: rosters go on using them, and pages tell what a line was before.
    """

    __tablename__ = "group_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    happened_on: Mapped[date]
    decided_by: Mapped[str]
    before: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    after: Mapped[list[dict[str, str]]] = mapped_column(JSON)


class ChangedGroup(Base):
    """A group that a change is about: one of those before or after it, or the parent of one."""

    __tablename__ = "changed_groups"

    change_id: Mapped[int] = mapped_column(ForeignKey("group_changes.id"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True, index=True)
