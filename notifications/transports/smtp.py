"""Email over SMTP, with DATA in two phases so that an unknown outcome is told from a refusal.

A server may take a message over only after the final dot, so whatever breaks before it means *not accepted*,
and a silence after it means *unknown* (RFC 5321, 4.2.5 and 4.5.3.2.6).
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from notifications.messages import Accepted, NotAccepted, Outcome, OutgoingMessage, Unknown

PROVIDER = "smtp"
_MOST_REPLIES = 10  # greeting, EHLO, STARTTLS, EHLO, AUTH twice, MAIL, RCPT, DATA, dot


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over: `smtp://user:password@host:port` (STARTTLS), `smtps://` or, on loopback, plain."""

    host: str
    port: int
    username: str
    password: str
    tls: str

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read a server from a URL; plain text is used only towards this machine itself."""
        parts = urlsplit(url)
        host = parts.hostname or "localhost"
        loopback = host in {"127.0.0.1", "::1", "localhost"}
        implicit = parts.scheme == "smtps"
        return cls(
            host=host,
            port=parts.port or (465 if implicit else 587),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls="implicit" if implicit else "none" if loopback else "starttls",
        )


class _TwoPhaseSMTP(smtplib.SMTP):
    """Knows whether the final dot has left."""

    point_of_no_return = False

    def data(self, msg: object) -> tuple[int, bytes]:
        """Send DATA and the message, then the dot, remembering that the dot went out."""
        text = msg if isinstance(msg, bytes) else str(msg).encode("ascii")
        code, reply = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        body = smtplib._quote_periods(text)  # type: ignore[attr-defined]  # noqa: SLF001 - smtplib's own DATA does this
        self.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        self.point_of_no_return = True
        self.send(b".\r\n")
        return self.getreply()


class _TwoPhaseSMTPS(_TwoPhaseSMTP, smtplib.SMTP_SSL):
    """The same over implicit TLS."""


class SmtpTransport:
    """Hands each message to one mail server."""

    def __init__(self, server: SmtpServer, sender: str, *, timeout_seconds: float = 10.0) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout_seconds
        self.longest_seconds = _MOST_REPLIES * timeout_seconds

    def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one message over."""
        connection = self._new_connection()
        try:
            self._greet(connection)
            self._address(connection, message)
            code = connection.data(compose(message, self._sender).as_bytes(policy=SMTP))[0]
        except _RecipientRefused as error:
            return NotAccepted(PROVIDER, str(error.smtp_code), permanent=500 <= error.smtp_code < 600)
        except UnicodeEncodeError:
            return NotAccepted(PROVIDER, "address-not-ascii", permanent=True)
        except (OSError, smtplib.SMTPException) as error:
            return _broken_off(connection, error)
        finally:
            connection.close()
        return _answered_after_the_dot(code, message)

    def _new_connection(self) -> _TwoPhaseSMTP:
        connection: _TwoPhaseSMTP
        if self._server.tls == "implicit":
            connection = _TwoPhaseSMTPS(timeout=self._timeout, context=ssl.create_default_context())
        else:
            connection = _TwoPhaseSMTP(timeout=self._timeout)
        connection._host = self._server.host  # type: ignore[attr-defined]  # noqa: SLF001 - the name that TLS checks
        return connection

    def _greet(self, connection: _TwoPhaseSMTP) -> None:
        server = self._server
        code, greeting = connection.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        if server.tls == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.username:
            connection.login(server.username, server.password)

    def _address(self, connection: _TwoPhaseSMTP, message: OutgoingMessage) -> None:
        connection.ehlo_or_helo_if_needed()
        _, sender = parseaddr(self._sender)
        code, reply = connection.mail(_bounce_address(sender, message))
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, reply, sender)
        code, reply = connection.rcpt(message.address)
        if code not in {250, 251, 252}:
            raise _RecipientRefused(code, reply)


class _RecipientRefused(smtplib.SMTPResponseException):
    """The server does not want this recipient: the only refusal before the dot that may be for good."""


def compose(message: OutgoingMessage, sender: str) -> EmailMessage:
    """Build the mail: plain text first, HTML beside it, one-click unsubscribe (RFC 8058), marked as automatic."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message.attempt_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if message.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _bounce_address(sender: str, message: OutgoingMessage) -> str:
    _, _, domain = sender.rpartition("@")
    return f"bounce+{message.attempt_id}@{domain}"


def _answered_after_the_dot(code: int, message: OutgoingMessage) -> Outcome:
    if 200 <= code < 300:
        return Accepted(PROVIDER, str(message.attempt_id))
    if 400 <= code < 600:
        return NotAccepted(PROVIDER, str(code), permanent=code >= 500)
    return Unknown(PROVIDER, str(code))


def _broken_off(connection: _TwoPhaseSMTP, error: Exception) -> Outcome:
    """Before the dot nothing was taken over, and what is wrong is ours or the server's, never the recipient's."""
    if connection.point_of_no_return:
        return Unknown(PROVIDER, type(error).__name__)
    code = getattr(error, "smtp_code", None)
    return NotAccepted(PROVIDER, str(code or type(error).__name__), permanent=False)
