"""Calls to programs of others: signed as Standard Webhooks has it, and never to an address inside our own network.

https://github.com/standard-webhooks/standard-webhooks: the headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`; the id stays the same when a call is repeated, so that whoever is called can tell.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

import urllib3
from standardwebhooks import Webhook as Signer

from notifications.errors import NotificationError

LONGEST_ADDRESS = 500
_TIMEOUT = urllib3.Timeout(connect=5, read=10)
_PORTS = {"https": 443, "http": 80}


class UnusableAddress(NotificationError):
    """An address that must not be called. The sentence says why and what to do."""


@dataclass(frozen=True)
class Call:
    """What is told to an address: `call_id` names the call however often it is made."""

    address: str
    secret: str = field(repr=False)
    call_id: str
    body: str


@dataclass(frozen=True)
class Answered:
    """What a call came to. `code` is an HTTP status, or the kind of error where there was no answer."""

    code: str

    @property
    def is_taken(self) -> bool:
        """Whether the program took it."""
        return self.code.startswith("2")

    @property
    def is_gone(self) -> bool:
        """Whether the program says that it will never take anything again (410)."""
        return self.code == "410"


def require_usable(address: str, *, allow_loopback: bool = False) -> None:
    """Refuse an address that could never be called; where its name leads is looked at before each call.

    Raises
    ------
    UnusableAddress
        It is too long, not https, names no host, or holds a password. A demo may call its own machine by http.
    """
    parts = _split(address)
    if len(address) > LONGEST_ADDRESS:
        raise UnusableAddress(f"The address has more than {LONGEST_ADDRESS} characters.")
    if parts.username or parts.password:
        raise UnusableAddress("The address holds a name or a password: calls are signed instead.")
    is_own_machine = allow_loopback and parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if parts.scheme != "https" and not is_own_machine:
        raise UnusableAddress("The address has to begin with https://.")
    if not parts.hostname:
        raise UnusableAddress("The address names no host.")


def call(what: Call, now: datetime, *, allow_loopback: bool = False) -> Answered:
    """Make a call once and say what came of it. No redirect is followed, and of an answer only the status is read."""
    try:
        require_usable(what.address, allow_loopback=allow_loopback)
        status = _post(what, _signed(what, now), allow_loopback=allow_loopback)
    except UnusableAddress:
        return Answered("address-not-public")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return Answered(type(error).__name__)
    return Answered(str(status))


def _signed(what: Call, now: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "crescendo-pulse",
        "webhook-id": what.call_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(what.secret).sign(what.call_id, now, what.body),
    }


def _post(what: Call, headers: dict[str, str], *, allow_loopback: bool) -> int:
    """Connect to the very address that was looked at: a name may lead elsewhere a moment later."""
    parts = _split(what.address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    ip = _public_address(host, port, allow_loopback=allow_loopback)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(ip, port, timeout=_TIMEOUT, assert_hostname=host, server_hostname=host)
    else:
        pool = urllib3.HTTPConnectionPool(ip, port, timeout=_TIMEOUT)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    with pool:
        response = pool.request(
            "POST",
            target,
            body=what.body.encode(),
            headers={**headers, "Host": parts.netloc},
            retries=False,
            redirect=False,
            preload_content=False,
        )
        response.close()
    return response.status


def _public_address(host: str, port: int, *, allow_loopback: bool) -> str:
    """An address that a name leads to; refused where any of them is not on the public internet."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    for each in found:
        ip = ipaddress.ip_address(each)
        if not (ip.is_global or (allow_loopback and ip.is_loopback)) or ip.is_multicast:
            raise UnusableAddress(f"{host} leads into a private network.")
    return sorted(found)[0]


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise UnusableAddress("The address cannot be read: write it as https://example.org/path.") from error
    return parts
