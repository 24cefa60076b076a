"""Find out about a message of which nobody knows whether it was taken over: ask the provider, or say that we cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from notifications.errors import NotificationError
from notifications.messages import Channel, ClaimedMessage, OutgoingMessage
from notifications.rendering import render
from notifications.transports import Transport


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


class Doubts(Protocol):
    """The outbox, as far as messages in doubt go. Every method is its own short transaction."""

    def raise_doubt(self, message_id: UUID, now: datetime) -> Doubt | None:
        """Take a message in doubt whose turn it is to be asked about; None where another asks, or nobody need."""
        ...

    def settle(self, message_id: UUID, answer: Answer, provider_message_id: str, now: datetime) -> None:
        """Write down what came of asking."""
        ...


def reconcile(
    message_id: UUID, outbox: Doubts, transports: Mapping[Channel, Transport], now: datetime
) -> Answer | None:
    """Ask about one message; None where it is not in doubt, or not its turn.

    A text holds a link that is nobody else's, so a provider that lists its texts can be asked exactly. Nobody can ask
    over bare SMTP: the message stays unconfirmed, and a reminder is the cure.
    """
    doubt = outbox.raise_doubt(message_id, now)
    if doubt is None:
        return None
    answer, found = _ask(doubt, transports.get(doubt.claimed.channel))
    outbox.settle(message_id, answer, found, now)
    return answer


def _ask(doubt: Doubt, transport: Transport | None) -> tuple[Answer, str]:
    find = getattr(transport, "find", None)
    if find is None:
        return Answer.NOBODY_TO_ASK, ""
    try:
        found = find(render(doubt.claimed), doubt.since)
    except NotificationError:  # CouldNotAsk among them
        return Answer.NO_ANSWER, ""
    return (Answer.FOUND, found) if found else (Answer.ABSENT, "")
