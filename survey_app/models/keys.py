"""People who keep a copy of every wave's key, outside the line management of those who answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class KeyHolder(Base):
    """Somebody to whose public key the escrow copies are sealed; their private key is never here."""

    __tablename__ = "key_holders"

    name: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
