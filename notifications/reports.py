"""What providers say later of messages they took over, and what follows: in no order, more than once, or never."""

from __future__ import annotations

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
    """What else an error code asks for."""

    NOTHING = "nothing"
    ADDRESS_INVALID = "address invalid"
    OPTED_OUT = "opted out"
    TRY_ANOTHER_DAY = "try another day"


_CONSEQUENCES = {
    21211: Consequence.ADDRESS_INVALID,
    21614: Consequence.ADDRESS_INVALID,
    30005: Consequence.ADDRESS_INVALID,
    30006: Consequence.ADDRESS_INVALID,
    21610: Consequence.OPTED_OUT,
    30003: Consequence.TRY_ANOTHER_DAY,
    30008: Consequence.TRY_ANOTHER_DAY,
}


@dataclass(frozen=True)
class DeliveryReport:
    """One report: the provider's name of the message, the state it means, and its error code where there is one."""

    provider: str
    provider_message_id: str
    status: str
    state: MessageState
    code: str

    @property
    def consequence(self) -> Consequence:
        """What the code asks for; a message that arrived asks for nothing."""
        if self.state is not MessageState.UNDELIVERED or not self.code.isdecimal():
            return Consequence.NOTHING
        return _CONSEQUENCES.get(int(self.code), Consequence.NOTHING)


def twilio_report(form: dict[str, str]) -> DeliveryReport | None:
    """Read a status callback of Twilio's; None for a status that nobody knows, or one without a message."""
    status = form.get("MessageStatus", "") or form.get("SmsStatus", "")
    sid = form.get("MessageSid", "") or form.get("SmsSid", "")
    state = TWILIO_STATES.get(status)
    if state is None or not sid:
        return None
    return DeliveryReport("twilio", sid[:64], status, state, form.get("ErrorCode", "")[:16])
