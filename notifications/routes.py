"""Through which sender accounts a message may leave, the first choice first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifications.gates import Turn
from notifications.messages import ClaimedMessage, Outcome
from notifications.transports import Transport


@dataclass(frozen=True)
class Route:
    """A sender account, by name, and the transport that hands messages over for it."""

    account: str
    transport: Transport


class Routes(Protocol):
    """Which accounts there are for a message, and their gates."""

    def for_message(self, claimed: ClaimedMessage) -> Sequence[Route]:
        """Accounts that may send it, in the order in which they are tried."""
        ...

    def ask_for_turn(self, route: Route, now: datetime) -> Turn:
        """When the message may pass the account's gate."""
        ...

    def learn(self, route: Route, outcome: Outcome, now: datetime) -> None:
        """Let the account's gate know how it went."""
        ...
