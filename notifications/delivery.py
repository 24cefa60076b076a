"""Deliver one message: claim it, render it, check the lease once more, hand it over, record the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from notifications.errors import NotificationError
from notifications.messages import NOBODY, ClaimedMessage, Held, NotAccepted, Outcome, OutgoingMessage
from notifications.outbox import Outbox
from notifications.rendering import render
from notifications.routes import Route, Routes

_LOG = logging.getLogger(__name__)
_FENCE_MARGIN = timedelta(seconds=5)


class Delivery:
    """Delivers messages from an outbox along routes.

    `clock` says what time it is, and `wait` waits for some seconds: for a message's turn, never longer than
    `gates.LONGEST_QUEUE`.
    """

    def __init__(
        self, outbox: Outbox, routes: Routes, clock: Callable[[], datetime], wait: Callable[[float], None]
    ) -> None:
        self._outbox = outbox
        self._routes = routes
        self._clock = clock
        self._wait = wait

    def deliver(self, message_id: UUID) -> Outcome | None:
        """Make one attempt at a message, if it may be sent at all.

        Returns
        -------
        Outcome or None
            None where another attempt holds the message, or it may not be sent.
        """
        claimed = self._outbox.claim(message_id, self._clock())
        if claimed is None:
            return None
        lessons: list[tuple[Route, Outcome]] = []
        account, outcome = self._attempt(claimed, lessons)
        self._outbox.record(claimed, account, outcome, self._clock())
        for route, lesson in lessons:  # what happened on the wire is written down before anything else may fail
            self._routes.learn(route, lesson, self._clock())
        _LOG.info(
            "An attempt ended.",
            extra={"message_id": str(message_id), "attempt": claimed.attempt_number, "outcome": type(outcome).__name__},
        )
        return outcome

    def _attempt(self, claimed: ClaimedMessage, lessons: list[tuple[Route, Outcome]]) -> tuple[str, Outcome]:
        """Try each account until one takes the message, or might have: only a refusal may go on to the next."""
        try:
            outgoing = render(claimed)
        except NotificationError as error:
            _LOG.exception("A message could not be rendered.", extra={"message_id": str(claimed.message_id)})
            return "", NotAccepted("rendering", type(error).__name__, permanent=True)
        ended: tuple[str, Outcome] = "", NotAccepted(NOBODY, "channel-not-configured", permanent=False)
        for route in self._routes.for_message(claimed):
            outcome = self._hand_over(claimed, outgoing, route)
            lessons.append((route, outcome))
            if not isinstance(outcome, NotAccepted | Held):
                return route.account, outcome
            if isinstance(outcome, NotAccepted) and outcome.permanent:
                return route.account, outcome
            if not ended[0] or isinstance(outcome, NotAccepted):
                ended = route.account, outcome
        return ended

    def _hand_over(self, claimed: ClaimedMessage, outgoing: OutgoingMessage, route: Route) -> Outcome:
        turn = self._routes.ask_for_turn(route, self._clock())
        if not turn.granted:
            return Held(turn.at, "account-closed-or-busy")
        self._wait(max(0.0, (turn.at - self._clock()).total_seconds()))
        now = self._clock()
        if now > claimed.lease_until - timedelta(seconds=route.transport.longest_seconds) - _FENCE_MARGIN:
            return NotAccepted(NOBODY, "lease-too-short", permanent=False)
        if now >= claimed.good_until:
            return NotAccepted(NOBODY, "too-late", permanent=False)
        good_for = int((claimed.good_until - now).total_seconds())
        return route.transport.send(replace(outgoing, good_for_seconds=good_for))
