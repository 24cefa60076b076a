"""Keep a participant's wish for no more messages: of any kind, of one way, or of reminders."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select

from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.stores.wishes import keep_wish
from survey_app.use_cases.responding import find_invitation_id


class Stop(StrEnum):
    """What somebody wants no more of."""

    EVERYTHING = "everything"
    REMINDERS = "reminders"
    TEXTS = "texts"
    EMAILS = "emails"


_CHANNELS = {Stop.TEXTS: {Channel.SMS}, Stop.EMAILS: {Channel.EMAIL}}


def ways_to_reach(token: str, vault: Vault) -> frozenset[Channel]:
    """The ways in which the person behind a link could be written to.

    Raises
    ------
    UnknownInvitation
        The link is nobody's.
    """
    return frozenset(Channel(channel) for channel, _ in _contacts(token, vault))


def opt_out(token: str, now: datetime, vault: Vault, stop: Stop = Stop.EVERYTHING) -> None:
    """Stop messages to the person behind a link; twice is the same as once, and of two wishes the wider one stays.

    Raises
    ------
    UnknownInvitation
        The link is nobody's.
    """
    scope = "reminders" if stop is Stop.REMINDERS else "all"
    for channel, address_hash in _contacts(token, vault):
        if channel in _CHANNELS.get(stop, set(Channel)):
            keep_wish(channel, address_hash, "link", now, scope)
    db.session.commit()


def _contacts(token: str, vault: Vault) -> list[tuple[str, bytes]]:
    rows = db.session.execute(
        select(ContactPoint.channel, ContactPoint.address_hash)
        .join(Invitation, Invitation.participant_id == ContactPoint.participant_id)
        .where(Invitation.id == find_invitation_id(token, vault))
    ).all()
    return [(channel, address_hash) for channel, address_hash in rows]


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
