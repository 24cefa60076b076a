"""The accounts that messages leave through: an authority's own, else the installation's, else those of the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from notifications.credentials import Provider
from notifications.messages import Channel
from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.senders import SenderAccount

TEXTS_PER_SECOND, MAILS_PER_SECOND = 30.0, 50.0


@dataclass(frozen=True)
class Account:
    """An account with a provider, ready to be used. `authority` is empty where it is everybody's."""

    name: str
    authority: str
    channel: Channel
    provider: Provider
    rank: int
    per_second: float
    credentials: Mapping[str, str] = field(repr=False)


def accounts_of(authority: str, channel: Channel, settings: Settings, vault: Vault) -> Sequence[Account]:
    """Accounts that an authority's messages may leave through, the first choice first.

    An authority with an account of its own uses no other: its staff know who writes to them, and nobody else pays.
    """
    kept = [account for account in kept_accounts(vault) if account.channel is channel]
    own = [account for account in kept if authority and account.authority == authority]
    return own or [account for account in kept if not account.authority] or accounts_of_settings(settings, channel)


def all_accounts(settings: Settings, vault: Vault) -> Sequence[Account]:
    """Every account there is."""
    return [*kept_accounts(vault), *(each for channel in Channel for each in accounts_of_settings(settings, channel))]


def kept_accounts(vault: Vault) -> Sequence[Account]:
    """Accounts in the database, by authority and rank."""
    rows = db.session.execute(
        select(SenderAccount, Group.key)
        .outerjoin(Group, Group.id == SenderAccount.authority_id)
        .order_by(Group.key, SenderAccount.channel, SenderAccount.rank)
    ).all()
    return [
        Account(
            name=row.name,
            authority=key or "",
            channel=Channel(row.channel),
            provider=Provider(row.provider),
            rank=row.rank,
            per_second=row.per_second,
            credentials=json.loads(vault.decrypt(row.credentials_encrypted)),
        )
        for row, key in rows
    ]


def accounts_of_settings(settings: Settings, channel: Channel) -> list[Account]:
    """The account of the settings for a channel, where they name one."""
    if channel is Channel.EMAIL:
        credentials = {"url": settings.smtp_url, "sender": settings.mail_sender}
        given = bool(settings.smtp_url)
        return [Account("smtp", "", channel, Provider.SMTP, 1, MAILS_PER_SECOND, credentials)] if given else []
    credentials = {
        "account_sid": settings.twilio_account_sid,
        "auth_token": settings.twilio_auth_token,
        "messaging_service_sid": settings.twilio_messaging_service_sid,
        "base_url": settings.twilio_base_url,
    }
    given = bool(settings.twilio_account_sid)
    return [Account("twilio", "", channel, Provider.TWILIO, 1, TEXTS_PER_SECOND, credentials)] if given else []
