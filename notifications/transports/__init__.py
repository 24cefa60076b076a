"""One module a provider. Each says which of the three outcomes its answers mean."""

from __future__ import annotations

from typing import Protocol

from notifications.messages import Outcome, OutgoingMessage


class Transport(Protocol):
    """Hands one message to a provider and says how that ended. Raises nothing."""

    longest_seconds: float
    """No call takes longer: the lease must outlast it."""

    def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over."""
        ...

    def close(self) -> None:
        """Let go of whatever is kept open between messages."""
        ...
