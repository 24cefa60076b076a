"""Mails that come back: which attempt each is about, and what it says of the address.

Standard reports (RFC 3464) are read here, because their status tells a full mailbox from one that is not there; what
keeps to no standard is left to flufl.bounce. Anything else, such as a reply from somebody on leave, is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from uuid import UUID

from flufl.bounce import all_failures

from notifications.messages import MessageState
from notifications.reports import Consequence, DeliveryReport, is_gone_for_good

_ATTEMPT = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_RETURN_PATH = re.compile(rf"bounce\+{_ATTEMPT}@", re.IGNORECASE)
_ENVELOPE_ID = re.compile(rf"^\s*{_ATTEMPT}\s*$", re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<{_ATTEMPT}@[^>]+>", re.IGNORECASE)
_STATUS = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True)
class Bounce:
    """A report about one attempt."""

    attempt_id: UUID
    report: DeliveryReport


def read_bounce(content: bytes, envelope_recipient: str = "") -> Bounce | None:
    """Read a mail that came to the return path; None where it is no report, or of nothing that we sent.

    Parameters
    ----------
    content
        The whole mail.
    envelope_recipient
        The address it came to, where the mail server says so: it names the attempt (VERP).
    """
    mail = BytesParser(policy=policy.compat32).parsebytes(content)
    attempt = _attempt(mail, envelope_recipient)
    found = _verdict(mail)
    if attempt is None or found is None:
        return None
    action, status, state, consequence = found
    return Bounce(attempt, DeliveryReport("smtp", str(attempt), action, state, status, consequence))


def _attempt(mail: Message, envelope_recipient: str) -> UUID | None:
    """Which attempt a mail is about: by the address it came to, the envelope's id, or the mail that it returns."""
    addresses = [envelope_recipient, *(str(value) for name in _RECIPIENT_HEADERS for value in mail.get_all(name, []))]
    wanted = [(_RETURN_PATH, " ".join(addresses))]
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            wanted += [(_ENVELOPE_ID, str(block.get("Original-Envelope-Id", ""))) for block in _blocks(part)]
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822"}:
            wanted.append((_MESSAGE_ID, part.as_string()))
    for pattern, text in wanted:
        if match := pattern.search(text):
            return UUID(match[1])
    return None


_Verdict = tuple[str, str, MessageState, Consequence]


def _verdict(mail: Message) -> _Verdict | None:
    if mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "feedback-report":
        return "complaint", "complaint", MessageState.DELIVERED, Consequence.OPTED_OUT
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                if verdict := _standard_verdict(block):
                    return verdict
    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # noqa: BLE001 - anybody can write to the return path, whatever they like
        return None
    if permanent:
        return _failed(_status(_words(mail)))
    return ("delayed", "", MessageState.ACCEPTED, Consequence.NOTHING) if temporary else None


def _standard_verdict(block: Message) -> _Verdict | None:
    action = _first_word(str(block.get("Action", "")))
    if action in {"delivered", "expanded"}:
        return action, "", MessageState.DELIVERED, Consequence.NOTHING
    if action in {"relayed", "delayed"}:
        return action, "", MessageState.ACCEPTED, Consequence.NOTHING
    return _failed(_status(str(block.get("Status", "")))) if action in {"failed", "failure", "error"} else None


def _failed(status: str) -> _Verdict:
    """An address is given up only where the status says that it is not there; one without a status may be."""
    consequence = Consequence.ADDRESS_INVALID if is_gone_for_good(status) else Consequence.CAME_BACK
    return "failed", status, MessageState.UNDELIVERED, consequence


def _first_word(text: str) -> str:
    return (text.lower().split() or [""])[0]


def _status(text: str) -> str:
    match = _STATUS.search(text)
    return match[0] if match else ""


def _words(mail: Message) -> str:
    """What a mail says in plain words, without what it returns."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return ""


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a delivery status, of which the first is about the whole mail."""
    yield from (block for block in part.walk() if block is not part)
