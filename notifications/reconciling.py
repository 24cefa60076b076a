"""Find out about a message of which nobody knows whether it was taken over: ask the provider, or say that we cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, cast
from uuid import UUID

from notifications.errors import NotificationError
from notifications.messages import ClaimedMessage, OutgoingMessage
from notifications.rendering import render
from notifications.routes import Route


class Askable(Protocol):
    """A transport whose provider can be asked what it has."""

    def find(self, message: OutgoingMessage, since: datetime) -> str | None:
        """The provider's name of a message, or None where it does not have it; raises `CouldNotAsk`."""
        ...


class Answer(StrEnum):
    """What came of asking."""

    FOUND = "found"
    ABSENT = "absent"
    NO_ANSWER = "no answer"
    NOBODY_TO_ASK = "nobody to ask"


@dataclass(frozen=True)
class Doubt:
    """A message in doubt: as it was claimed, and when its last attempt began."""

    claimed: ClaimedMessage
    since: datetime


@dataclass(frozen=True)
class Finding:
    """Where a message was found, and what it is called there."""

    account: str
    provider_message_id: str


class Doubts(Protocol):
    """The outbox, as far as messages in doubt go. Every method is its own short transaction."""

    def raise_doubt(self, message_id: UUID, now: datetime) -> Doubt | None:
        """Take a message in doubt whose turn it is to be asked about; None where another asks, or nobody need."""
        ...

    def settle(self, message_id: UUID, answer: Answer, found: Finding | None, now: datetime) -> None:
        """Write down what came of asking."""
        ...


class Suspects(Protocol):
    """The accounts that may have taken a message over."""

    def that_may_have(self, claimed: ClaimedMessage) -> Sequence[Route]:
        """The account that its last attempt went through, or all that it may have gone through."""
        ...


def reconcile(message_id: UUID, outbox: Doubts, suspects: Suspects, now: datetime) -> Answer | None:
    """Ask about one message; None where it is not in doubt, or not its turn.

    A text holds a link that is nobody else's, so a provider that lists its texts can be asked exactly. Nobody can ask
    over bare SMTP: the message stays unconfirmed, and a reminder is the cure.
    """
    doubt = outbox.raise_doubt(message_id, now)
    if doubt is None:
        return None
    answer, found = _ask(doubt, suspects.that_may_have(doubt.claimed))
    outbox.settle(message_id, answer, found, now)
    return answer


def _ask(doubt: Doubt, routes: Sequence[Route]) -> tuple[Answer, Finding | None]:
    """Found where anybody has it, absent where everybody could be asked and nobody has."""
    askable = [route for route in routes if hasattr(route.transport, "find")]
    all_were_asked = len(askable) == len(routes) > 0
    all_answered = True
    for route in askable:
        try:
            name = cast("Askable", route.transport).find(render(doubt.claimed), doubt.since)
        except NotificationError:  # CouldNotAsk among them
            all_answered = False
        else:
            if name:
                return Answer.FOUND, Finding(route.account, name)
    if not all_answered:
        return Answer.NO_ANSWER, None
    return (Answer.ABSENT if all_were_asked else Answer.NOBODY_TO_ASK), None
