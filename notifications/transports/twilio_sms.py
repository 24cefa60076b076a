"""Texts through Twilio's client, told apart by what its answers prove."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notifications.errors import CouldNotAsk
from notifications.messages import Accepted, Fault, NotAccepted, Outcome, OutgoingMessage, Unknown
from notifications.transports.connections import was_never_made

PROVIDER = "twilio"
_FAULTS_OF_THE_MESSAGE = frozenset({21211, 21602, 21610, 21614, 21617, 30004, 30005, 30006, 30007})
"""The number or the text is at fault, and stays so; every other refusal is ours or Twilio's to mend, and is retried."""
_FAULTS_OF_THE_ACCOUNT = frozenset({20003, 20005, 21408, 21606, 21608, 21612, 21703, 21705, 30002})
"""Credentials, sender, region or trial: nothing more can leave until somebody mends them."""
_TOO_MANY = frozenset({20429, 21611, 30001})
_TEXTS_LOOKED_AT = 50
_CLOCKS_DIFFER = timedelta(minutes=5)
_SHORTEST_VALIDITY_SECONDS, _LONGEST_VALIDITY_SECONDS = 6, 36_000


@dataclass(frozen=True)
class TwilioAccount:
    """Credentials; `base_url` points a test or a demo at a peer on this machine.

    Reports go to `callback_base_url` with the attempt's id, so that they settle an attempt whose answer was lost too.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str
    base_url: str = ""
    callback_base_url: str = ""


class TwilioTransport:
    """Hands each text to Twilio. Neither pools connections nor retries: both would blur the outcome."""

    def __init__(self, account: TwilioAccount, *, timeout_seconds: float = 20.0) -> None:
        self._account = account
        self.longest_seconds = timeout_seconds + 5
        http = TwilioHttpClient(pool_connections=False, timeout=timeout_seconds, max_retries=0)
        self._client = Client(account.account_sid, account.auth_token, http_client=http)
        if account.base_url:
            self._client.api.base_url = account.base_url

    def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one text over."""
        try:
            created = self._client.messages.create(
                to=message.address,
                messaging_service_sid=self._account.messaging_service_sid,
                body=message.text,
                status_callback=self._callback(message),
                validity_period=min(
                    _LONGEST_VALIDITY_SECONDS, max(_SHORTEST_VALIDITY_SECONDS, message.good_for_seconds)
                ),
            )
        except TwilioRestException as error:
            return _answered_with_error(error)
        except (requests.RequestException, TwilioException, ValueError, TypeError, AttributeError, OSError) as error:
            if was_never_made(error):
                return NotAccepted(PROVIDER, "no-connection", permanent=False)
            return Unknown(PROVIDER, type(error).__name__)
        return Accepted(PROVIDER, created.sid) if created.sid else Unknown(PROVIDER, "no-sid")

    def find(self, message: OutgoingMessage, since: datetime) -> str | None:
        """The SID of a text that Twilio has, by number and wording; None where it has none since then.

        Raises
        ------
        CouldNotAsk
            Twilio did not answer.
        """
        try:
            texts = self._client.messages.list(to=message.address, limit=_TEXTS_LOOKED_AT)
        except (requests.RequestException, TwilioException, ValueError, TypeError, AttributeError, OSError) as error:
            raise CouldNotAsk from error
        for each in texts:
            is_old = each.date_created is not None and each.date_created < since - _CLOCKS_DIFFER
            if each.body == message.text and not is_old:
                return str(each.sid)
        return None

    def close(self) -> None:
        """Nothing is kept open."""

    def _callback(self, message: OutgoingMessage) -> Any:  # Any: a text, or the client's own sign for none
        """Where reports of this attempt go, tried again three times where nobody answers."""
        base = self._account.callback_base_url
        return f"{base}/hooks/twilio/status/{message.attempt_id}#rc=3" if base else values.unset


def _answered_with_error(error: TwilioRestException) -> Outcome:
    if error.status >= 500 or error.status < 400:
        return Unknown(PROVIDER, str(error.status))
    code = str(error.code or error.status)
    if error.code in _FAULTS_OF_THE_MESSAGE:
        return NotAccepted(PROVIDER, code, permanent=True, fault=Fault.RECIPIENT)
    if error.code in _TOO_MANY or error.status == 429:
        return NotAccepted(PROVIDER, code, permanent=False, fault=Fault.PACE, retry_after_seconds=1.0)
    at_fault = error.code in _FAULTS_OF_THE_ACCOUNT or error.status in {401, 403}
    return NotAccepted(PROVIDER, code, permanent=False, fault=Fault.ACCOUNT if at_fault else Fault.PASSING)
