"""The values of a message on its way: what is claimed, what is handed over, and the three outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Channel(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    """Where a message stands. `unknown` is never sent again without proof that it did not arrive."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ClaimedMessage:
    """A message that this attempt alone may hand over, until its lease runs out.

    Addresses and personalisation exist here, in memory, and nowhere else on the way. After `good_until` it is of no use
    any more, or comes at an hour at which nothing should.
    """

    message_id: UUID
    attempt_id: UUID
    attempt_number: int
    lease_until: datetime
    good_until: datetime
    channel: Channel
    template: str
    language: str
    address: str = field(repr=False)
    personalisation: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class OutgoingMessage:
    """A rendered message, ready for a transport. `html` and `subject` are for email only.

    A provider that cannot pass it on within `good_for_seconds` should give it up.
    """

    attempt_id: UUID
    address: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    language: str = "en"
    unsubscribe_url: str = field(default="", repr=False)
    good_for_seconds: int = 36_000


@dataclass(frozen=True)
class Accepted:
    """The provider took the message over."""

    provider: str
    provider_message_id: str


@dataclass(frozen=True)
class NotAccepted:
    """The provider certainly did not take it. A permanent refusal is never tried again."""

    provider: str
    code: str
    permanent: bool


@dataclass(frozen=True)
class Unknown:
    """Nobody can say whether the provider took it: it must not be sent again without proof."""

    provider: str
    code: str


Outcome = Accepted | NotAccepted | Unknown
