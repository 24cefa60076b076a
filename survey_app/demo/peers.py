"""The providers of the demo: a real SMTP server and a Twilio-shaped HTTP peer, both on this machine only."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from survey_app.demo.mailbox import open_maildir, read_texts, texts_file

LOOPBACK = "127.0.0.1"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "demo-token-of-the-text-peer"  # noqa: S105 - the demo's own peer, on loopback
MESSAGING_SERVICE_SID = "MG" + "0" * 32
_LONGEST_BODY = 1600


class _KeepLetters:
    """Keeps every mail that the server takes over."""

    def __init__(self, folder: Path) -> None:
        self._maildir = open_maildir(folder)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Store the mail, then accept it."""
        self._maildir.add(envelope.original_content or b"")
        return "250 OK"


def start_mail_server(folder: Path, port: int) -> Controller:
    """Start the mail server in a thread of its own and return it."""
    server = Controller(_KeepLetters(folder), hostname=LOOPBACK, port=port)
    server.start()
    return server


def start_text_peer(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return the text peer, listening; the caller serves it."""
    folder.mkdir(parents=True, exist_ok=True)
    return ThreadingHTTPServer((LOOPBACK, port), _handler(_keeper(texts_file(folder)), folder))


def _keeper(path: Path) -> Callable[[dict[str, str]], None]:
    lock = Lock()

    def keep(text: dict[str, str]) -> None:
        with lock, path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(text) + "\n")

    return keep


def _handler(keep: Callable[[dict[str, str]], None], folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Twilio's messages resource, as far as sending needs it."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            self._answer(*_take(form, self.path, self.headers.get("Authorization", ""), keep))

        def _answer(self, status: int, answer: dict[str, Any]) -> None:  # Any: JSON
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            """List the texts to a number, the newest first."""
            address = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
            kept = [text for text in reversed(read_texts(folder)) if text["to"] == address]
            self._answer(200, {"messages": [_as_listed(text) for text in kept], "page_size": len(kept)})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Log nothing: addresses are in the requests."""

    return Handler


def _take(
    form: dict[str, str], path: str, authorization: str, keep: Callable[[dict[str, str]], None]
) -> tuple[int, dict[str, Any]]:  # Any: JSON
    expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    if authorization != f"Basic {expected}":
        return _refusal(401, 20003, "Authenticate")
    if path != f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json":
        return _refusal(404, 20404, "The requested resource was not found")
    if not form.get("To", "").startswith("+"):
        return _refusal(400, 21211, "Invalid 'To' Phone Number")
    if not 0 < len(form.get("Body", "")) <= _LONGEST_BODY:
        return _refusal(400, 21617, "The message body has the wrong length")
    sid = "SM" + secrets.token_hex(16)
    keep({"to": form["To"], "body": form["Body"], "sid": sid, "created": format_datetime(datetime.now(UTC))})
    return 201, {
        "sid": sid,
        "account_sid": ACCOUNT_SID,
        "status": "accepted",
        "to": form["To"],
        "num_segments": "0",
    }


def _refusal(status: int, code: int, message: str) -> tuple[int, dict[str, Any]]:  # Any: JSON
    return status, {"code": code, "message": message, "status": status, "more_info": ""}


def _as_listed(text: dict[str, str]) -> dict[str, Any]:  # Any: JSON
    return {
        "sid": text.get("sid", ""),
        "to": text["to"],
        "body": text["body"],
        "status": "sent",
        "date_created": text.get("created"),
    }
