"""Deliver one message: claim it, render it, check the lease once more, hand it over, record the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from notifications.errors import NotificationError
from notifications.messages import Channel, ClaimedMessage, NotAccepted, Outcome
from notifications.outbox import Outbox
from notifications.rendering import render
from notifications.transports import Transport

_LOG = logging.getLogger(__name__)
_FENCE_MARGIN = timedelta(seconds=5)


def deliver(
    message_id: UUID,
    outbox: Outbox,
    transports: Mapping[Channel, Transport],
    clock: Callable[[], datetime],
) -> Outcome | None:
    """Make one attempt at a message, if it may be sent at all.

    Returns
    -------
    Outcome or None
        None where another attempt holds the message, or it may not be sent.
    """
    claimed = outbox.claim(message_id, clock())
    if claimed is None:
        return None
    transport = transports.get(claimed.channel)
    if transport is None:
        outcome: Outcome = NotAccepted("none", "channel-not-configured", permanent=False)
    else:
        outcome = _hand_over(claimed, transport, clock)
    outbox.record(claimed, outcome, clock())
    _LOG.info(
        "An attempt ended.",
        extra={"message_id": str(message_id), "attempt": claimed.attempt_number, "outcome": type(outcome).__name__},
    )
    return outcome


def _hand_over(claimed: ClaimedMessage, transport: Transport, clock: Callable[[], datetime]) -> Outcome:
    try:
        outgoing = render(claimed)
    except NotificationError as error:
        _LOG.exception("A message could not be rendered.", extra={"message_id": str(claimed.message_id)})
        return NotAccepted("rendering", type(error).__name__, permanent=True)
    longest, now = timedelta(seconds=transport.longest_seconds), clock()
    if now > claimed.lease_until - longest - _FENCE_MARGIN:
        return NotAccepted("none", "lease-too-short", permanent=False)
    if now >= claimed.good_until:
        return NotAccepted("none", "too-late", permanent=False)
    return transport.send(replace(outgoing, good_for_seconds=int((claimed.good_until - now).total_seconds())))
