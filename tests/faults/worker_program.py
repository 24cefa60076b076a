"""A worker of the product that stops dead where it is told to, or lacks one of its safeguards.

Run as `python -m tests.faults.worker_program QUEUE`, with in the environment

- `STOP_AT`: a point at which it writes the file `STOPPED` and waits to be killed, once for each message;
- `WITHOUT`: a safeguard to take away, for the checks that the other tests would notice;
- `HASTE`: seconds of a lease, where time itself has to pass; everything else shrinks with it.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import true

from notifications import delivery, gates
from notifications.delivery import Delivery
from notifications.messages import Channel, NotAccepted, Unknown
from notifications.transports import opening
from notifications.transports.twilio_sms import TwilioTransport
from survey_app.app import create_app
from survey_app.models.messages import Message
from survey_app.processes.worker import work
from survey_app.stores import doubts, outbox, sender_accounts
from survey_app.stores.outbox import DatabaseOutbox

STOP_AT = os.environ.get("STOP_AT", "")
WITHOUT = os.environ.get("WITHOUT", "")
HASTE = float(os.environ.get("HASTE", "0"))

POINTS = {
    "before the claim": (DatabaseOutbox, "claim", "before"),
    "after the claim": (DatabaseOutbox, "claim", "after"),
    "after the fence": (TwilioTransport, "send", "before"),
    "after the answer": (TwilioTransport, "send", "after"),
    "before the record": (DatabaseOutbox, "record", "before"),
}


def stop() -> None:
    """Say that the point is reached, and wait for the end, or for SIGCONT."""
    Path(os.environ["STOPPED"]).write_text(str(os.getpid()))
    while Path(os.environ["STOPPED"]).exists():
        time.sleep(0.05)


def stop_around(owner: type, name: str, when: str) -> None:
    """Wrap a method so that the process stops before or after it."""
    real: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            stop()
        found = real(*args, **kwargs)
        if when == "after":
            stop()
        return found

    setattr(owner, name, wrapped)


def hasten(lease: float) -> None:
    """Let everything that waits for time wait less, in the same proportions."""
    outbox.LEASES = dict.fromkeys(Channel, timedelta(seconds=lease))
    outbox._FIRST_RETRY = timedelta(seconds=lease / 20)
    outbox._LONGEST_RETRY = timedelta(seconds=lease / 4)
    outbox._LONGEST_SPREAD = timedelta(seconds=lease / 20)
    delivery._FENCE_MARGIN = timedelta(seconds=lease / 20)
    sender_accounts.TEXTS_PER_SECOND = 300.0
    gates.CLOSED_FOR = timedelta(seconds=lease / 10)
    doubts.BEFORE_ASKING = timedelta(seconds=lease / 4)

    def quick(account: Any) -> TwilioTransport:
        transport = TwilioTransport(account, timeout_seconds=lease / 5)
        transport.longest_seconds = lease / 4
        return transport

    opening.TwilioTransport = quick  # type: ignore[assignment,misc]


def take_away(safeguard: str) -> None:
    """Break the product on purpose."""
    if safeguard == "the claim's condition":
        real = outbox.update

        def without_state(table: Any) -> Any:
            statement = real(table)
            return statement if table is not Message else _Careless(statement)

        outbox.update = without_state
    elif safeguard == "the fence":
        delivery._FENCE_MARGIN = timedelta(days=-1)
    elif safeguard == "the unknown":
        real_attempt = Delivery._attempt

        def attempt(self: Delivery, claimed: Any, lessons: Any) -> Any:
            account, outcome = real_attempt(self, claimed, lessons)
            doubtful = isinstance(outcome, Unknown)
            return account, NotAccepted(outcome.provider, outcome.code, permanent=False) if doubtful else outcome

        Delivery._attempt = attempt  # type: ignore[method-assign]


class _Careless:
    """A statement whose condition on the state of a message is always true."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement

    def where(self, *conditions: Any) -> _Careless:
        kept = [true() if "messages.state" in str(condition) else condition for condition in conditions]
        return _Careless(self.statement.where(*kept))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.statement, name)


def main() -> None:
    """Run the worker."""
    if HASTE:
        hasten(HASTE)
    if STOP_AT:
        stop_around(*POINTS[STOP_AT])
    if WITHOUT:
        take_away(WITHOUT)
    work(create_app(), sys.argv[1])


if __name__ == "__main__":
    main()
