"""What each provider's account needs, so that a mistake is found when somebody writes it and not when it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from urllib.parse import urlsplit

from notifications.errors import UnusableCredentials
from notifications.messages import Channel

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Provider(StrEnum):
    """Who passes messages on."""

    SMTP = "smtp"
    TWILIO = "twilio"
    GOVUK_NOTIFY = "govuk-notify"


@dataclass(frozen=True)
class ProviderTerms:
    """The channels of a provider, the credentials that it needs, and those that may be given besides."""

    channels: frozenset[Channel]
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


TERMS: Mapping[Provider, ProviderTerms] = {
    Provider.SMTP: ProviderTerms(frozenset({Channel.EMAIL}), ("url", "sender")),
    Provider.TWILIO: ProviderTerms(
        frozenset({Channel.SMS}),
        ("account_sid", "auth_token", "messaging_service_sid"),
        ("previous_auth_token", "base_url"),
    ),
    Provider.GOVUK_NOTIFY: ProviderTerms(
        frozenset({Channel.EMAIL, Channel.SMS}), ("api_key", "template_id", "callback_token"), ("base_url",)
    ),
}


def check_credentials(provider: Provider, channel: Channel, credentials: Mapping[str, str]) -> None:
    """Find what a provider could not work with.

    Raises
    ------
    UnusableCredentials
        Something is missing, unknown or malformed; the sentence names it and the remedy.
    """
    terms = TERMS[provider]
    if channel not in terms.channels:
        raise UnusableCredentials(provider, "channel", f"cannot be {channel}: it is for {_listed(terms.channels)}")
    for name in terms.needed:
        if not credentials.get(name):
            raise UnusableCredentials(provider, name, "is missing")
    for name in credentials:
        if name not in terms.needed + terms.optional:
            raise UnusableCredentials(provider, name, f"is not known: it takes {', '.join(terms.needed)}")
    for name, problem in _problems(credentials):
        raise UnusableCredentials(provider, name, problem)


def _problems(credentials: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is malformed, by field, for all providers alike: a field of one name means the same everywhere."""
    found = []
    if (url := credentials.get("url")) and urlsplit(url).scheme not in {"smtp", "smtps"}:
        found.append(("url", "must begin with smtp:// or smtps://"))
    if (sender := credentials.get("sender")) and "@" not in parseaddr(sender)[1]:
        found.append(("sender", "must be an address such as Ashcombe <pulse@ashcombe.gov.uk>"))
    if (sid := credentials.get("account_sid")) and not (sid.startswith("AC") and len(sid) == 34):
        found.append(("account_sid", "must be AC and 32 letters or digits"))
    if (sid := credentials.get("messaging_service_sid")) and not (sid.startswith("MG") and len(sid) == 34):
        found.append(("messaging_service_sid", "must be MG and 32 letters or digits"))
    if (key := credentials.get("api_key")) and len(key) < 74:
        found.append(("api_key", "must be the whole key: its name and two ids, with hyphens between them"))
    if (token := credentials.get("callback_token")) and len(token) < 16:
        found.append(("callback_token", "must have 16 characters or more"))
    if (base := credentials.get("base_url")) and urlsplit(base).hostname not in _LOOPBACK:
        found.append(("base_url", "is for tests, and may name this machine only"))
    return found


def _listed(channels: frozenset[Channel]) -> str:
    return " and ".join(sorted(channels))
