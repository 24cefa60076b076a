"""How the accounts that messages leave through have done lately, in words and without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.senders import SenderGate
from survey_app.stores.sender_accounts import all_accounts
from survey_app.stores.sender_gates import all_gates


@dataclass(frozen=True)
class SenderLine:
    """An account: whom it sends for (empty for everybody who has none of their own), and how it does."""

    name: str
    authority: str
    channel: str
    provider: str
    rank: int
    state: str
    is_ill: bool
    accepted_at: datetime | None


def senders_of(programme: str, settings: Settings, vault: Vault, now: datetime) -> list[SenderLine]:
    """Accounts that a programme's messages can leave through."""
    parent = aliased(Group)
    inside = set(
        db.session.scalars(select(Group.key).join(parent, Group.parent_id == parent.id).where(parent.key == programme))
    )
    return [line for line in all_senders(settings, vault, now) if not line.authority or line.authority in inside]


def all_senders(settings: Settings, vault: Vault, now: datetime) -> Iterator[SenderLine]:
    """Every account of the installation."""
    gates = all_gates()
    for account in all_accounts(settings, vault):
        gate = gates.get(account.name)
        state, is_ill = _state(gate, now)
        yield SenderLine(
            account.name,
            account.authority,
            account.channel,
            account.provider,
            account.rank,
            state,
            is_ill,
            gate.accepted_at if gate else None,
        )


def _state(gate: SenderGate | None, now: datetime) -> tuple[str, bool]:
    if gate is None:
        return "not used yet", False
    if gate.closed_until is not None and gate.closed_until > now:
        return f"closed ({gate.fault})", True
    if gate.slowdown > 1:
        return "open, slowed down by the provider", False
    return "open", False
