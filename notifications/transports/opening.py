"""From an account's credentials to the transport that hands messages over for it."""

from __future__ import annotations

from collections.abc import Mapping

from notifications.credentials import Provider
from notifications.messages import Channel
from notifications.transports import Transport
from notifications.transports.govuk_notify import OFFICIAL_URL, NotifyService, NotifyTransport
from notifications.transports.smtp import SmtpServer, SmtpTransport
from notifications.transports.twilio_sms import TwilioAccount, TwilioTransport


def open_transport(
    provider: Provider, channel: Channel, credentials: Mapping[str, str], reports_base_url: str
) -> Transport:
    """Open the transport of an account whose credentials were checked; its reports go to `reports_base_url`."""
    if provider is Provider.SMTP:
        return SmtpTransport(SmtpServer.from_url(credentials["url"]), credentials["sender"])
    if provider is Provider.TWILIO:
        account = TwilioAccount(
            account_sid=credentials["account_sid"],
            auth_token=credentials["auth_token"],
            messaging_service_sid=credentials["messaging_service_sid"],
            base_url=credentials.get("base_url", ""),
            callback_base_url=reports_base_url,
        )
        return TwilioTransport(account)
    base_url = credentials.get("base_url") or OFFICIAL_URL
    return NotifyTransport(NotifyService(credentials["api_key"], credentials["template_id"], base_url), channel)
