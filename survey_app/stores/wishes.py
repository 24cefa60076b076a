"""Wishes for no more messages, kept by the hash of an address so that no roster undoes them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from survey_app.extensions import db
from survey_app.models.participants import OptOut


def keep_wish(channel: str, address_hash: bytes, source: str, now: datetime, scope: str = "all") -> None:
    """Add a wish for no more messages to the running transaction; of two the wider one stays."""
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    wish = dialect.insert(OptOut).values(
        channel=channel, address_hash=address_hash, source=source, created_at=now, scope=scope
    )
    key = [OptOut.channel, OptOut.address_hash]
    widened = wish.on_conflict_do_update(index_elements=key, set_={"scope": "all", "source": source})
    db.session.execute(widened if scope == "all" else wish.on_conflict_do_nothing())
