"""A real mail server for the demo: it keeps what it takes, and some addresses misbehave as mail servers do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from survey_app.demo.bouncing import send_bounce
from survey_app.demo.mailbox import open_maildir

LOOPBACK = "127.0.0.1"
MAGIC_ADDRESSES: Mapping[str, str] = {
    "hard-bounce@sim.example.org": "5.1.1",
    "soft-bounce@sim.example.org": "5.2.2",
    "no-answer@sim.example.org": "silence",
}
"""The status with which a mail comes back; with silence the connection breaks after the mail was sent."""


class _KeepLetters:
    """Keeps every mail that the server takes over."""

    def __init__(self, folder: Path, bounces: str) -> None:
        self._maildir = open_maildir(folder)
        self._bounces = bounces

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Store the mail, then accept it; or do what its address says."""
        self._maildir.add(envelope.original_content or b"")
        what = MAGIC_ADDRESSES.get(str(envelope.rcpt_tos[0]).lower(), "")
        if what == "silence" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        elif what and self._bounces:
            arguments = (self._bounces, str(envelope.mail_from), str(envelope.rcpt_tos[0]), what)
            Thread(target=send_bounce, args=arguments, daemon=True).start()
        return "250 OK"


def start_mail_server(folder: Path, port: int, bounces: str = "") -> Controller:
    """Start the mail server in a thread of its own and return it; mails come back to `bounces`, HOST:PORT."""
    server = Controller(_KeepLetters(folder, bounces), hostname=LOOPBACK, port=port)
    server.start()
    return server
