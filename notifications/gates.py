"""A gate before each sender account: it keeps the pace that a provider allows, and closes while the provider is ill.

Values only: who keeps a gate makes sure that two senders do not read it at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.messages import NOBODY, Accepted, Fault, Held, NotAccepted, Outcome

FAILURES_TO_CLOSE = 5
FAILURES_COUNT_FOR = timedelta(seconds=60)
CLOSED_FOR = timedelta(seconds=60)
LONGEST_QUEUE = timedelta(seconds=5)
"""A sender waits this long for its turn; whatever comes later goes back to the outbox."""
_SLOWEST = 64.0


@dataclass(frozen=True)
class Gate:
    """How an account has done lately.

    `slowdown` multiplies the usual time between two messages: doubled whenever the provider says *too many*, and taken
    back a little by each message that it accepts.
    """

    slowdown: float = 1.0
    next_turn: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    closed_until: datetime | None = None
    fault: str = ""

    def is_closed(self, now: datetime) -> bool:
        """Whether nothing may pass just now."""
        return self.closed_until is not None and now < self.closed_until


@dataclass(frozen=True)
class Turn:
    """When a message may pass; where it is not `granted`, it may ask again then."""

    at: datetime
    granted: bool


def ask_for_turn(gate: Gate, now: datetime, per_second: float) -> tuple[Gate, Turn]:
    """Queue for the next turn. Of those who come to a gate that was closed, one alone may try whether all is well.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> gate, first = ask_for_turn(Gate(), noon, per_second=2)
    >>> gate, second = ask_for_turn(gate, noon, per_second=2)
    >>> (second.at - first.at).total_seconds(), second.granted
    (0.5, True)
    """
    if gate.is_closed(now):
        return gate, Turn(gate.closed_until or now, granted=False)
    at = max(now, gate.next_turn or now)
    if at > now + LONGEST_QUEUE:
        return gate, Turn(at, granted=False)
    probing = gate.closed_until is not None
    apart = timedelta(seconds=gate.slowdown / per_second)
    return replace(gate, next_turn=at + apart, closed_until=at + CLOSED_FOR if probing else None), Turn(
        at, granted=True
    )


def learn(gate: Gate, outcome: Outcome, now: datetime) -> Gate:
    """What the outcome of a message that passed says of the account."""
    if isinstance(outcome, Held) or (isinstance(outcome, NotAccepted) and outcome.provider == NOBODY):
        return gate
    if isinstance(outcome, Accepted):
        return replace(
            gate,
            slowdown=max(1.0, gate.slowdown * 0.9),
            failures=0,
            failing_since=None,
            closed_until=None,
            fault="",
        )
    fault = outcome.fault if isinstance(outcome, NotAccepted) else Fault.PASSING
    if fault is Fault.RECIPIENT:
        return replace(gate, failures=0, failing_since=None, closed_until=None)
    if isinstance(outcome, NotAccepted) and fault is Fault.PACE:
        patience = timedelta(seconds=outcome.retry_after_seconds)
        slower = min(_SLOWEST, gate.slowdown * 2)
        return replace(gate, slowdown=slower, next_turn=max(gate.next_turn or now, now + patience), closed_until=None)
    return _closer_to_closing(gate, outcome.code, now, at_once=fault is Fault.ACCOUNT)


def _closer_to_closing(gate: Gate, code: str, now: datetime, *, at_once: bool) -> Gate:
    recent = gate.failing_since is not None and now - gate.failing_since <= FAILURES_COUNT_FOR
    failures = gate.failures + 1 if recent else 1
    closes = at_once or failures >= FAILURES_TO_CLOSE or gate.closed_until is not None
    return replace(
        gate,
        failures=failures,
        failing_since=gate.failing_since if recent else now,
        closed_until=now + CLOSED_FOR if closes else None,
        fault=code if closes else gate.fault,
    )
