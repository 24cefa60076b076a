"""Email over SMTP, with DATA in two phases so that an unknown outcome is told from a refusal.

A server may take a message over only after the final dot, so whatever breaks before it means *not accepted*,
and a silence after it means *unknown* (RFC 5321, 4.2.5 and 4.5.3.2.6).
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from notifications.messages import Accepted, Fault, NotAccepted, Outcome, OutgoingMessage, Unknown

PROVIDER = "smtp"
_ENHANCED = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_MOST_REPLIES = 10  # greeting, EHLO, STARTTLS, EHLO, AUTH twice, RSET, MAIL, RCPT, DATA


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over: `smtp://user:password@host:port` (STARTTLS), `smtps://` or, on loopback, plain.

    With `?reports=success` the server is asked to report what it delivered too, not only what it could not (RFC 3461).
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: str
    reports_success: bool = False

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
            reports_success=parse_qs(parts.query).get("reports") == ["success"],
        )


@dataclass(frozen=True)
class SmtpPatience:
    """Seconds to wait: for a connection, for a reply, and for the reply after the dot.

    RFC 5321 asks for ten minutes there: a server may take that long to store a mail, and whoever gives up sooner
    sends it twice.
    """

    connection: float = 10.0
    reply: float = 30.0
    after_the_dot: float = 600.0

    @property
    def longest_seconds(self) -> float:
        """No message takes longer."""
        return self.connection + _MOST_REPLIES * self.reply + self.after_the_dot


class _TwoPhaseSMTP(smtplib.SMTP):
    """Knows whether the final dot of the message in hand has left, and waits longer for the reply to it."""

    point_of_no_return = False
    seconds_after_the_dot = 600.0

    def data(self, msg: object) -> tuple[int, bytes]:
        """Send DATA and the message, then the dot, remembering that the dot went out."""
        text = msg if isinstance(msg, bytes) else str(msg).encode("ascii")
        code, reply = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        body = smtplib._quote_periods(text)  # type: ignore[attr-defined]  # noqa: SLF001 - smtplib's own DATA does this
        self.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        self.be_patient(self.seconds_after_the_dot)
        self.point_of_no_return = True
        self.send(b".\r\n")
        return self.getreply()

    def be_patient(self, seconds: float) -> None:
        """Wait this long for each reply from now on."""
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _TwoPhaseSMTPS(_TwoPhaseSMTP, smtplib.SMTP_SSL):
    """The same over implicit TLS."""


class SmtpTransport:
    """Hands messages to one mail server, one after the other over the same connection while that holds."""

    def __init__(self, server: SmtpServer, sender: str, *, patience: SmtpPatience | None = None) -> None:
        self._server = server
        self._sender = sender
        self._patience = patience or SmtpPatience()
        self._kept: _TwoPhaseSMTP | None = None
        self.longest_seconds = self._patience.longest_seconds

    def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one message over."""
        connection, self._kept = self._kept_connection() or self._new_connection(), None
        try:
            if connection.sock is None:
                self._greet(connection)
            self._address(connection, message)
            code = connection.data(compose(message, self._sender).as_bytes(policy=SMTP))[0]
        except _RecipientRefused as error:
            self._keep(connection)
            return _recipient_refused(error)
        except UnicodeEncodeError:
            self._keep(connection)
            return NotAccepted(PROVIDER, "address-not-ascii", permanent=True, fault=Fault.RECIPIENT)
        except (OSError, smtplib.SMTPException) as error:
            connection.close()
            return _broken_off(connection, error)
        self._keep(connection)
        return _answered_after_the_dot(code, message)

    def close(self) -> None:
        """Take leave of the server."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                kept.quit()
            kept.close()

    def _keep(self, connection: _TwoPhaseSMTP) -> None:
        connection.point_of_no_return = False
        self._kept = connection

    def _kept_connection(self) -> _TwoPhaseSMTP | None:
        """The connection of the message before, where it still answers; nothing is under way yet."""
        kept = self._kept
        if kept is None:
            return None
        with contextlib.suppress(OSError, smtplib.SMTPException):
            kept.be_patient(self._patience.reply)
            if kept.rset()[0] == 250:
                return kept
        kept.close()
        return None

    def _new_connection(self) -> _TwoPhaseSMTP:
        connection: _TwoPhaseSMTP
        if self._server.tls == "implicit":
            connection = _TwoPhaseSMTPS(timeout=self._patience.connection, context=ssl.create_default_context())
        else:
            connection = _TwoPhaseSMTP(timeout=self._patience.connection)
        connection._host = self._server.host  # type: ignore[attr-defined]  # noqa: SLF001 - the name that TLS checks
        connection.seconds_after_the_dot = self._patience.after_the_dot
        return connection

    def _greet(self, connection: _TwoPhaseSMTP) -> None:
        server = self._server
        code, greeting = connection.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        connection.be_patient(self._patience.reply)
        if server.tls == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.username:
            connection.login(server.username, server.password)
        connection.ehlo_or_helo_if_needed()

    def _address(self, connection: _TwoPhaseSMTP, message: OutgoingMessage) -> None:
        _, sender = parseaddr(self._sender)
        reports = connection.has_extn("dsn")
        about_mail = (f"ENVID={message.attempt_id}", "RET=HDRS") if reports else ()
        code, reply = connection.mail(bounce_address(sender, message), about_mail)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, reply, sender)
        kinds = "SUCCESS,FAILURE,DELAY" if self._server.reports_success else "FAILURE,DELAY"
        code, reply = connection.rcpt(message.address, (f"NOTIFY={kinds}",) if reports else ())
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


def bounce_address(sender: str, message: OutgoingMessage) -> str:
    """Where reports of this attempt come back to: the address itself names it (VERP)."""
    _, _, domain = sender.rpartition("@")
    return f"bounce+{message.attempt_id}@{domain}"


def _recipient_refused(error: _RecipientRefused) -> NotAccepted:
    permanent = 500 <= error.smtp_code < 600
    fault = Fault.RECIPIENT if permanent else Fault.PASSING
    return NotAccepted(PROVIDER, _status(error.smtp_code, error.smtp_error), permanent=permanent, fault=fault)


def _status(code: int, reply: bytes | str) -> str:
    """The enhanced status that a reply begins with (RFC 2034), which says more than its code; else the code."""
    words = (reply if isinstance(reply, str) else reply.decode("latin-1")).split()
    return words[0] if words and _ENHANCED.fullmatch(words[0]) else str(code)


def _answered_after_the_dot(code: int, message: OutgoingMessage) -> Outcome:
    if 200 <= code < 300:
        return Accepted(PROVIDER, str(message.attempt_id))
    if 400 <= code < 600:
        permanent = code >= 500
        return NotAccepted(
            PROVIDER, str(code), permanent=permanent, fault=Fault.RECIPIENT if permanent else Fault.PASSING
        )
    return Unknown(PROVIDER, str(code))


def _broken_off(connection: _TwoPhaseSMTP, error: Exception) -> Outcome:
    """Before the dot nothing was taken over, and what is wrong is ours or the server's, never the recipient's."""
    if connection.point_of_no_return:
        return Unknown(PROVIDER, type(error).__name__)
    code = getattr(error, "smtp_code", None)
    fault = Fault.ACCOUNT if isinstance(error, smtplib.SMTPAuthenticationError) else Fault.PASSING
    return NotAccepted(PROVIDER, str(code or type(error).__name__), permanent=False, fault=fault)
