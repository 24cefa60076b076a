"""Keep a participant's wish for no more messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.use_cases.delivery_reports import keep_wish
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
    for channel, address_hash in contacts:
        keep_wish(channel, address_hash, "link", now)
    db.session.commit()


def opt_out_number(number: str, now: datetime, vault: Vault) -> None:
    """Stop every text to a number that asked for it, whoever it belongs to, now or after another roster."""
    if number:
        keep_wish(Channel.SMS, vault.address_hash(number), "reply", now)
        db.session.commit()


def lift_opt_out(number: str, vault: Vault) -> None:
    """Let a number that asked for it have texts again."""
    db.session.execute(
        delete(OptOut).where(OptOut.channel == Channel.SMS, OptOut.address_hash == vault.address_hash(number))
    )
    db.session.commit()
