"""Keep a participant's wish for no more messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.use_cases.responding import find_invitation_id


def opt_out(token: str, now: datetime, vault: Vault) -> None:
    """Stop every message to the person behind a link, on every channel; twice is the same as once.

    Raises
    ------
    UnknownInvitation
        The link is nobody's.
    """
    contacts = db.session.execute(
        select(ContactPoint.channel, ContactPoint.address_hash)
        .join(Invitation, Invitation.participant_id == ContactPoint.participant_id)
        .where(Invitation.id == find_invitation_id(token, vault))
    ).all()
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    for channel, address_hash in contacts:
        wish = dialect.insert(OptOut).values(channel=channel, address_hash=address_hash, source="link", created_at=now)
        db.session.execute(wish.on_conflict_do_nothing())
    db.session.commit()
