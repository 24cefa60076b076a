"""Emails and texts through GOV.UK Notify, which can be asked exactly what it has.

Every message carries the attempt's id as its reference, so an answer that was lost is found again by that. The words
are ours: the service needs one template of each kind, an email of ((subject)) and ((body)) and a text of ((body)).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifications_python_client.errors import APIError, HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from notifications.errors import CouldNotAsk
from notifications.messages import Accepted, Channel, Fault, NotAccepted, Outcome, OutgoingMessage, Unknown
from notifications.transports.connections import was_never_made

PROVIDER = "govuk-notify"
OFFICIAL_URL = "https://api.notifications.service.gov.uk"
_REFUSED_ADDRESS = ("phone_number", "email_address")


@dataclass(frozen=True)
class NotifyService:
    """A service of GOV.UK Notify: its key, and its template for a channel; `base_url` is another for tests only."""

    api_key: str = field(repr=False)
    template_id: str
    base_url: str = OFFICIAL_URL


class NotifyTransport:
    """Hands each message of one channel to GOV.UK Notify."""

    def __init__(self, service: NotifyService, channel: Channel, *, timeout_seconds: float = 20.0) -> None:
        self._service = service
        self._channel = channel
        self.longest_seconds = timeout_seconds + 5
        self._client = NotificationsAPIClient(service.api_key, base_url=service.base_url, timeout=timeout_seconds)

    def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one message over."""
        try:
            taken = self._post(message)
        except HTTPError as error:
            return _answered_with_error(error)
        except (APIError, ValueError, OSError) as error:
            return Unknown(PROVIDER, type(error).__name__)
        found = taken.get("id") if isinstance(taken, dict) else None
        return Accepted(PROVIDER, str(found)) if found else Unknown(PROVIDER, "no-id")

    def find(self, message: OutgoingMessage, since: datetime) -> str | None:  # noqa: ARG002 - references never repeat
        """Notify's id of the message of this attempt, by its reference; None where it has none.

        Raises
        ------
        CouldNotAsk
            Notify did not answer.
        """
        try:
            found = self._client.get_all_notifications(reference=str(message.attempt_id))
        except (APIError, ValueError, OSError) as error:
            raise CouldNotAsk from error
        notifications = found.get("notifications") if isinstance(found, dict) else None
        if notifications is None:
            raise CouldNotAsk
        return str(notifications[0]["id"]) if notifications else None

    def close(self) -> None:
        """Let connections go."""
        self._client.request_session.close()

    def _post(self, message: OutgoingMessage) -> Any:  # Any: JSON
        self.close()  # an idle connection that was closed at the other end would blur the outcome
        if self._channel is Channel.SMS:
            return self._client.send_sms_notification(
                phone_number=message.address,
                template_id=self._service.template_id,
                personalisation={"body": message.text},
                reference=str(message.attempt_id),
            )
        return self._client.send_email_notification(
            email_address=message.address,
            template_id=self._service.template_id,
            personalisation={"subject": message.subject, "body": message.text},
            reference=str(message.attempt_id),
            one_click_unsubscribe_url=message.unsubscribe_url or None,
        )


def _answered_with_error(error: HTTPError) -> Outcome:
    """What an answer, or none, proves; one with a status from 400 to 499 was certainly not taken over."""
    if error.response is None:
        if was_never_made(error.__cause__):
            return NotAccepted(PROVIDER, "refused", permanent=False)
        return Unknown(PROVIDER, type(error.__cause__).__name__)
    status = error.status_code
    if not 400 <= status < 500:
        return Unknown(PROVIDER, str(status))
    if status == 429:
        return NotAccepted(PROVIDER, "429", permanent=False, fault=Fault.PACE, retry_after_seconds=60.0)
    if status == 400 and any(field in str(error.message) for field in _REFUSED_ADDRESS):
        return NotAccepted(PROVIDER, "address-refused", permanent=True, fault=Fault.RECIPIENT)
    return NotAccepted(PROVIDER, str(status), permanent=False, fault=Fault.ACCOUNT)
