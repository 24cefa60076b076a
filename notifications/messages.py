"""The values of a message on its way: what is claimed, what is handed over, and how that ends."""

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
    any more, or comes at an hour at which nothing should. `version` is that of its wording, `authority` the key of the
    one whose staff it is for, and `account` the sender account that its last attempt went through, where that is known.
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
    version: int = 1
    authority: str = ""
    account: str = ""


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


NOBODY = "none"
"""The provider of an attempt that reached none."""


class Fault(StrEnum):
    """Whose fault a refusal is."""

    RECIPIENT = "recipient"
    ACCOUNT = "account"
    PACE = "pace"
    PASSING = "passing"


@dataclass(frozen=True)
class NotAccepted:
    """The provider certainly did not take it.

    A refusal that is `permanent` lies with the recipient or the text and is never tried again. One that lies with the
    account is ours to mend, one of pace asks for patience, and any other may pass by itself.
    """

    provider: str
    code: str
    permanent: bool
    fault: Fault = Fault.PASSING
    retry_after_seconds: float = 0.0


@dataclass(frozen=True)
class Held:
    """Nobody was asked: every account that the message could leave through is closed, or busy until then."""

    until: datetime
    code: str


@dataclass(frozen=True)
class Unknown:
    """Nobody can say whether the provider took it: it must not be sent again without proof."""

    provider: str
    code: str


Outcome = Accepted | NotAccepted | Unknown | Held
