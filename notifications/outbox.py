"""The protocol of the outbox: the table that decides what may be sent, by whom and how often."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from notifications.messages import ClaimedMessage, Outcome


class Outbox(Protocol):
    """Every method is its own short transaction, committed when it returns."""

    def claim(self, message_id: UUID, now: datetime) -> ClaimedMessage | None:
        """Take a pending message that is due, for one attempt; None where another took it or it may not go."""
        ...

    def record(self, claimed: ClaimedMessage, account: str, outcome: Outcome, now: datetime) -> bool:
        """Write down how an attempt ended, and through which account; False where its lease ran out before."""
        ...
