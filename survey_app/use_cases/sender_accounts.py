"""Look after the accounts that messages leave through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from dashboards.snapshots import Level
from notifications.credentials import Provider, check_credentials
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.senders import SenderAccount, SenderGate
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import SenderTaken, UnknownSender
from survey_app.use_cases.groups import find_group, require_usable_key


@dataclass(frozen=True)
class NewSender:
    """An account to add. `authority` is None where it is for everybody who has none of their own."""

    name: str
    authority: str | None
    channel: Channel
    provider: Provider
    rank: int
    per_second: float
    credentials: Mapping[str, str] = field(repr=False)


def add_sender(new: NewSender, *, by: str, now: datetime, vault: Vault) -> None:
    """Add an account; messages that wait leave through it from now on.

    Raises
    ------
    UnusableKey
        The name takes small letters, digits and hyphens.
    UnknownGroup
        There is no such authority.
    UnusableCredentials
        The provider could not work with them; the sentence names the field.
    SenderTaken
        Another account has the name, or the place.
    """
    require_usable_key(new.name)
    check_credentials(new.provider, new.channel, new.credentials)
    authority_id = find_group(new.authority, Level.AUTHORITY).id if new.authority else None
    if db.session.scalar(select(SenderAccount.id).where(SenderAccount.name == new.name)) is not None:
        raise SenderTaken(f"with the name {new.name!r}")
    place = (SenderAccount.authority_id.is_not_distinct_from(authority_id), SenderAccount.channel == new.channel)
    if db.session.scalar(select(SenderAccount.id).where(*place, SenderAccount.rank == new.rank)) is not None:
        raise SenderTaken(f"for {new.channel} with the rank {new.rank}")
    db.session.add(
        SenderAccount(
            name=new.name,
            authority_id=authority_id,
            channel=new.channel,
            rank=new.rank,
            provider=new.provider,
            per_second=new.per_second,
            credentials_encrypted=vault.encrypt(json.dumps(dict(new.credentials))),
        )
    )
    note(by, "added sender", new.name, now, provider=new.provider, channel=new.channel, authority=new.authority or "")
    db.session.commit()


def remove_sender(name: str, *, by: str, now: datetime) -> None:
    """Remove an account and its credentials; messages that wait leave through whatever is left.

    Raises
    ------
    UnknownSender
        There is none of that name.
    """
    removed = db.session.scalars(delete(SenderAccount).where(SenderAccount.name == name).returning(SenderAccount.id))
    if removed.one_or_none() is None:
        raise UnknownSender(name)
    db.session.execute(delete(SenderGate).where(SenderGate.account == name))
    note(by, "removed sender", name, now)
    db.session.commit()
