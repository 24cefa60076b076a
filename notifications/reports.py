"""What providers say later of messages they took over, and what follows: in no order, more than once, or never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.messages import MessageState

TWILIO_STATES = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.ACCEPTED,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.CANCELLED,
}
"""Twilio's statuses as ours; `sent` is no receipt, only that the network has it."""

FINAL = frozenset({MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.CANCELLED})
OPEN_TO_REPORTS = frozenset(
    {MessageState.SENDING, MessageState.ACCEPTED, MessageState.UNKNOWN, MessageState.UNCONFIRMED}
)
"""States that a report may change; what is final stays."""


class Consequence(StrEnum):
    """What else a report asks for."""

    NOTHING = "nothing"
    ADDRESS_INVALID = "address invalid"
    OPTED_OUT = "opted out"
    TRY_ANOTHER_DAY = "try another day"
    CAME_BACK = "came back"
    FILTERED = "filtered"


_OF_TWILIOS_CODES = {
    "21211": Consequence.ADDRESS_INVALID,
    "21614": Consequence.ADDRESS_INVALID,
    "30005": Consequence.ADDRESS_INVALID,
    "30006": Consequence.ADDRESS_INVALID,
    "21610": Consequence.OPTED_OUT,
    "30003": Consequence.TRY_ANOTHER_DAY,
    "30008": Consequence.TRY_ANOTHER_DAY,
    "30004": Consequence.FILTERED,
    "30007": Consequence.FILTERED,
}

_GONE_FOR_GOOD = ("5.1.", "5.2.1", "5.4.4")
_NOT_THE_ADDRESS = ("5.1.7", "5.1.8")
"""The sender's address is at fault: nothing is wrong with the recipient's."""

FILTERED_CODES = frozenset(code for code, asks in _OF_TWILIOS_CODES.items() if asks is Consequence.FILTERED)

_OF_NOTIFY: Mapping[str, tuple[MessageState, Consequence]] = {
    "created": (MessageState.ACCEPTED, Consequence.NOTHING),
    "sending": (MessageState.ACCEPTED, Consequence.NOTHING),
    "pending": (MessageState.ACCEPTED, Consequence.NOTHING),
    "sent": (MessageState.ACCEPTED, Consequence.NOTHING),
    "delivered": (MessageState.DELIVERED, Consequence.NOTHING),
    "permanent-failure": (MessageState.UNDELIVERED, Consequence.ADDRESS_INVALID),
    "temporary-failure": (MessageState.UNDELIVERED, Consequence.TRY_ANOTHER_DAY),
    "technical-failure": (MessageState.UNDELIVERED, Consequence.TRY_ANOTHER_DAY),
}
"""What GOV.UK Notify's statuses mean: a technical failure is Notify's own, so the message may go again."""


def consequence_of_refusal(provider: str, code: str) -> Consequence:
    """What a permanent refusal asks for besides, by the provider's code: the same as if it had come in a report."""
    if provider == "twilio":
        return _OF_TWILIOS_CODES.get(code, Consequence.NOTHING)
    if provider == "govuk-notify":
        return Consequence.ADDRESS_INVALID if code == "address-refused" else Consequence.NOTHING
    return Consequence.ADDRESS_INVALID if is_gone_for_good(code) else Consequence.NOTHING


def is_gone_for_good(status: str) -> bool:
    """Whether an enhanced mail status (RFC 3463) says that there is no such mailbox, and not that it is full."""
    return status.startswith(_GONE_FOR_GOOD) and status not in _NOT_THE_ADDRESS


@dataclass(frozen=True)
class DeliveryReport:
    """One report: the provider's name of the message, the state it means, its error code, and what that asks for."""

    provider: str
    provider_message_id: str
    status: str
    state: MessageState
    code: str
    consequence: Consequence = Consequence.NOTHING


def twilio_report(form: Mapping[str, str]) -> DeliveryReport | None:
    """Read a status callback of Twilio's; None for a status that nobody knows, or one without a message."""
    status = form.get("MessageStatus", "") or form.get("SmsStatus", "")
    sid = form.get("MessageSid", "") or form.get("SmsSid", "")
    state = TWILIO_STATES.get(status)
    if state is None or not sid:
        return None
    code = form.get("ErrorCode", "")[:16]
    failed = state is MessageState.UNDELIVERED
    consequence = _OF_TWILIOS_CODES.get(code, Consequence.NOTHING) if failed else Consequence.NOTHING
    return DeliveryReport("twilio", sid[:64], status, state, code, consequence)


def notify_report(body: object) -> tuple[str, DeliveryReport] | None:
    """Read a callback of GOV.UK Notify: the reference that we gave it, and what it says; None where that is nothing."""
    if not isinstance(body, dict):
        return None
    name, reference, status = (str(body.get(key) or "") for key in ("id", "reference", "status"))
    if status not in _OF_NOTIFY or not name:
        return None
    state, consequence = _OF_NOTIFY[status]
    code = status if state is MessageState.UNDELIVERED else ""
    return reference, DeliveryReport("govuk-notify", name[:64], status, state, code, consequence)
