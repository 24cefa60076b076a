"""A peer shaped like Twilio's messages resource: it keeps what it takes, lists it, and reports what became of it.

Some numbers misbehave as Twilio does: see `MAGIC_NUMBERS`. Reports and replies are signed as Twilio signs them.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import requests
from twilio.request_validator import RequestValidator

from survey_app.demo.mailbox import read_texts, texts_file

LOOPBACK = "127.0.0.1"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "demo-token-of-the-text-peer"  # noqa: S105 - the demo's own peer, on loopback
MESSAGING_SERVICE_SID = "MG" + "0" * 32
OWN_NUMBER = "+447700900999"

MAGIC_NUMBERS: Mapping[str, tuple[str, str]] = {
    "+447700900001": ("report", "delivered"),
    "+447700900002": ("report", "30005"),
    "+447700900003": ("report", "30003"),
    "+447700900004": ("refuse", "21610"),
    "+447700900005": ("refuse", "21614"),
    "+447700900006": ("after taking", "500"),
    "+447700900007": ("after taking", "silence"),
    "+447700900008": ("too many", "twice"),
}
"""What happens to texts to a number; any other is delivered."""

_LONGEST_BODY = 1600
_SILENCE_SECONDS = 30.0
_TOO_MANY_TIMES = 2


@dataclass
class TextPeer:
    """What the peer has taken, and how it reports. `reports_after` is None for a peer that keeps silent."""

    folder: Path
    reports_after: float | None = None
    inbound_url: str = ""
    statuses: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def take(self, form: Mapping[str, str]) -> dict[str, str]:
        """Keep a text, and report of it later."""
        text = {
            "to": form["To"],
            "body": form["Body"],
            "sid": "SM" + secrets.token_hex(16),
            "created": format_datetime(datetime.now(UTC)),
            "callback": form.get("StatusCallback", ""),
        }
        with self.lock, texts_file(self.folder).open("a", encoding="utf-8") as file:
            file.write(json.dumps(text) + "\n")
        if self.reports_after is not None:
            kind, what = MAGIC_NUMBERS.get(text["to"], ("report", "delivered"))
            Thread(
                target=self._report_later, args=(text, what if kind == "report" else "delivered"), daemon=True
            ).start()
        return text

    def _report_later(self, text: Mapping[str, str], what: str) -> None:
        time.sleep(self.reports_after or 0.0)
        self.report(text, "sent", "")
        if what == "delivered":
            self.report(text, "delivered", "")
        else:
            self.report(text, "undelivered", what)

    def report(self, text: Mapping[str, str], status: str, code: str) -> None:
        """Call back what became of a text."""
        self.statuses[text["sid"]] = status
        form = {"MessageSid": text["sid"], "MessageStatus": status, "To": text["to"], "AccountSid": ACCOUNT_SID}
        _call(text["callback"].partition("#")[0], {**form, **({"ErrorCode": code} if code else {})})

    def reply(self, text: Mapping[str, str], words: str) -> None:
        """Text back, as whoever the text went to."""
        form = {"From": text["to"], "To": OWN_NUMBER, "Body": words, "MessageSid": "SM" + secrets.token_hex(16)}
        _call(self.inbound_url, {**form, "AccountSid": ACCOUNT_SID})

    def find(self, sid: str) -> dict[str, str] | None:
        """A text by its name."""
        return next((text for text in read_texts(self.folder) if text["sid"] == sid), None)


def start_text_peer(peer: TextPeer, port: int) -> ThreadingHTTPServer:
    """Return the peer's server, listening; the caller serves it."""
    peer.folder.mkdir(parents=True, exist_ok=True)
    return ThreadingHTTPServer((LOOPBACK, port), type("Handler", (TextHandler,), {"peer": peer}))


class TextHandler(BaseHTTPRequestHandler):
    """Twilio's messages resource, as far as sending needs it, and `/control/` for the demo's buttons."""

    peer: ClassVar[TextPeer]

    def do_POST(self) -> None:
        """Take a text, or do what a button asks for."""
        length = int(self.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        if self.path.startswith("/control/"):
            self._control(form)
            return
        refusal = _refusal_of(self.path, self.headers.get("Authorization", ""), form) or self._refusal_by_number(form)
        if refusal:
            status, code, message = refusal
            self.answer(status, {"code": code, "message": message, "status": status, "more_info": ""})
            return
        self.taken(self.peer.take(form))

    def taken(self, text: Mapping[str, str]) -> None:
        """Answer that a text was taken over, or fail to, where its number says so."""
        kind, what = MAGIC_NUMBERS.get(text["to"], ("", ""))
        if kind == "after taking" and what == "silence":
            time.sleep(_SILENCE_SECONDS)
        elif kind == "after taking":
            self.answer(int(what), {"code": 20500, "message": "Internal Server Error", "status": int(what)})
        else:
            self.answer(201, as_resource(text, "accepted"))

    def do_GET(self) -> None:
        """List the texts to a number, the newest first."""
        address = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        kept = [text for text in reversed(read_texts(self.peer.folder)) if text["to"] == address]
        listed = [as_resource(text, self.peer.statuses.get(text["sid"], "sent")) for text in kept]
        uri = f"https://api.twilio.com{_messages_path()}?To={quote(address)}"
        page = {"page": 0, "page_size": 50, "start": 0, "end": max(0, len(listed) - 1), "uri": uri}
        around = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None}
        self.answer(200, {"messages": listed, **page, **around})

    def answer(self, status: int, answer: Mapping[str, Any]) -> None:  # Any: JSON
        """Answer with JSON."""
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing: addresses are in the requests."""

    def _refusal_by_number(self, form: Mapping[str, str]) -> tuple[int, int, str] | None:
        kind, what = MAGIC_NUMBERS.get(form["To"], ("", ""))
        if kind == "refuse":
            return 400, int(what), "As this number says"
        times = self.peer.refusals.get(form["To"], 0)
        if kind == "too many" and times < _TOO_MANY_TIMES:
            self.peer.refusals[form["To"]] = times + 1
            return 429, 20429, "Too Many Requests"
        return None

    def _control(self, form: Mapping[str, str]) -> None:
        text = self.peer.find(form.get("sid", ""))
        if text is None:
            self.answer(404, {})
            return
        if "reply" in form:
            self.peer.reply(text, form["reply"])
        else:
            self.peer.report(text, form.get("status", "delivered"), form.get("code", ""))
        self.answer(200, {})


def as_resource(text: Mapping[str, str], status: str) -> dict[str, Any]:  # Any: JSON
    """A text as Twilio's API describes it."""
    return {
        "sid": text["sid"],
        "account_sid": ACCOUNT_SID,
        "messaging_service_sid": MESSAGING_SERVICE_SID,
        "api_version": "2010-04-01",
        "to": text["to"],
        "from": None,
        "body": text["body"],
        "status": status,
        "direction": "outbound-api",
        "num_segments": "1",
        "num_media": "0",
        "price": None,
        "price_unit": None,
        "error_code": None,
        "error_message": None,
        "date_created": text["created"],
        "date_updated": text["created"],
        "date_sent": None,
        "uri": f"{_messages_path().removesuffix('.json')}/{text['sid']}.json",
        "subresource_uris": {},
    }


def _messages_path() -> str:
    return f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


def _refusal_of(path: str, authorization: str, form: Mapping[str, str]) -> tuple[int, int, str] | None:
    """What is wrong with a request, as Twilio says it: status, code and words."""
    expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    if authorization != f"Basic {expected}":
        return 401, 20003, "Authenticate"
    if path != _messages_path():
        return 404, 20404, "The requested resource was not found"
    if not form.get("To", "").startswith("+"):
        return 400, 21211, "Invalid 'To' Phone Number"
    if not 0 < len(form.get("Body", "")) <= _LONGEST_BODY:
        return 400, 21617, "The message body has the wrong length"
    return None


def _call(url: str, form: Mapping[str, str]) -> None:
    """Call one of the product's hooks, signed; who does not answer misses it."""
    if not url:
        return
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, dict(form))
    try:
        requests.post(url, data=dict(form), headers={"X-Twilio-Signature": signature}, timeout=5)
    except requests.RequestException:
        return
