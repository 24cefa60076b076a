"""What each authority decides about its messages."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class SendingTerms(Base):
    """An authority's time zone, hours, days (Monday is 0), nation for bank holidays, and closed days of its own.

    Times are written `08:30`, days `2026-12-24`.
    """

    __tablename__ = "sending_terms"

    authority_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    time_zone: Mapped[str]
    nation: Mapped[str | None]
    opens: Mapped[str]
    closes: Mapped[str]
    days: Mapped[str]
    closures: Mapped[list[str]]
