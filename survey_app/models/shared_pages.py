"""Pages that a lead shares with their team: a link without sign-in, for a limited time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class SharedPage(Base):
    """A group's page behind a link. The link's secret is derived from the id; only its hash is kept."""

    __tablename__ = "shared_pages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    programme: Mapped[str]
    group_key: Mapped[str]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
