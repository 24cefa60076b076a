"""The ways out of this installation: sender accounts with their transports and gates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from notifications.gates import Turn
from notifications.messages import Channel, ClaimedMessage, Outcome
from notifications.routes import Route
from notifications.transports import Transport
from notifications.transports.opening import open_transport
from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.stores.sender_accounts import Account, accounts_of, all_accounts
from survey_app.stores.sender_gates import note_outcome, take_turn


class DatabaseRoutes:
    """Implements `notifications.routes.Routes`, for the length of a job: connections are kept until it ends."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        self._settings = settings
        self._vault = vault
        self._accounts: dict[tuple[str, Channel], Sequence[Account]] = {}
        self._transports: dict[str, Transport] = {}
        self._per_second: dict[str, float] = {}

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let all connections go."""
        for transport in self._transports.values():
            transport.close()

    def for_message(self, claimed: ClaimedMessage) -> Sequence[Route]:
        """Accounts that may send a message, in the order in which they are tried."""
        key = claimed.authority, claimed.channel
        if key not in self._accounts:
            self._accounts[key] = accounts_of(*key, self._settings, self._vault)
            db.session.rollback()
        return [self._route(account) for account in self._accounts[key]]

    def that_may_have(self, claimed: ClaimedMessage) -> Sequence[Route]:
        """Accounts that may have taken a message over: the one it went through, or all where nobody knows."""
        known = [each for each in all_accounts(self._settings, self._vault) if each.name == claimed.account]
        db.session.rollback()
        return [self._route(account) for account in known] if known else self.for_message(claimed)

    def ask_for_turn(self, route: Route, now: datetime) -> Turn:
        """When a message may pass the account's gate."""
        return take_turn(route.account, now, self._per_second[route.account])

    def learn(self, route: Route, outcome: Outcome, now: datetime) -> None:
        """Let the account's gate know how it went."""
        note_outcome(route.account, outcome, now)

    def _route(self, account: Account) -> Route:
        if account.name not in self._transports:
            self._per_second[account.name] = account.per_second
            self._transports[account.name] = open_transport(
                account.provider, account.channel, account.credentials, self._settings.public_base_url
            )
        return Route(account.name, self._transports[account.name])
