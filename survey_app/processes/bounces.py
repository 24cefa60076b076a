"""A mail server for what comes back: the organisation's own passes on whatever arrives for `bounce+...`."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime
from threading import Event

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from survey_app.extensions import db, settings
from survey_app.use_cases.bounces import take_in_bounce

LARGEST_MAIL_BYTES = 10_000_000
_LOG = logging.getLogger(__name__)


class TakeIn:
    """Answers yes once a mail is taken in, and asks for it again later while the database is away."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail in."""
        content = envelope.original_content or b""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        return await asyncio.to_thread(self._take_in, content, recipients)

    def _take_in(self, content: bytes, recipients: list[str]) -> str:
        with self._app.app_context():
            try:
                for recipient in recipients:
                    take_in_bounce(content, recipient, datetime.now(UTC))
            except SQLAlchemyError as error:
                _LOG.warning("A mail that came back waits at its sender's.", extra={"error": type(error).__name__})
                return "451 Try again later"
            finally:
                db.session.remove()
        return "250 Taken in"


def listen_for_bounces(app: Flask) -> None:
    """Listen until told to stop."""
    with app.app_context():
        host, _, port = settings().bounce_listen.rpartition(":")
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    controller = Controller(TakeIn(app), hostname=host, port=int(port), data_size_limit=LARGEST_MAIL_BYTES)
    controller.start()
    stopped.wait()
    controller.stop()
