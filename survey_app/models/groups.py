"""Groups: programme > authority > service area > team, in one table."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.extensions import Base


class Group(Base):
    """A reporting group. Its key is its name in addresses and files, and never changes."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    parent: Mapped[Group | None] = relationship(remote_side="Group.id")
