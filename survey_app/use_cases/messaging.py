"""Send what waits in the outbox, through the providers of the settings."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from notifications.delivery import deliver
from notifications.messages import Channel
from notifications.reconciling import reconcile
from notifications.transports import Transport
from notifications.transports.smtp import SmtpServer, SmtpTransport
from notifications.transports.twilio_sms import TwilioAccount, TwilioTransport
from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.stores.doubts import DatabaseDoubts
from survey_app.stores.outbox import DatabaseOutbox

LONGEST_JOB_SECONDS = 500
_LOG = logging.getLogger(__name__)


def deliver_messages(message_ids: Iterable[UUID], settings: Settings, vault: Vault) -> int:
    """Try each message once and return how many were tried; stops before the job's own time runs out."""
    outbox = DatabaseOutbox(vault, settings.public_base_url)
    transports = open_transports(settings)
    started = time.monotonic()
    tried = 0
    for message_id in message_ids:
        if time.monotonic() - started > LONGEST_JOB_SECONDS:
            break
        try:
            tried += deliver(message_id, outbox, transports, _now) is not None
        except Exception as error:  # noqa: BLE001 - one message must not hold up the others; its lease runs out by itself
            db.session.rollback()
            _LOG.error("A message could not be tried.", extra={"error": type(error).__name__})
    return tried


def reconcile_messages(message_ids: Iterable[UUID], settings: Settings, vault: Vault) -> int:
    """Ask about each message in doubt and return how many were settled or given up; one must not hold up the others."""
    doubts = DatabaseDoubts(vault, settings.public_base_url, settings.resend_when_absent)
    transports = open_transports(settings)
    asked = 0
    for message_id in message_ids:
        try:
            asked += reconcile(message_id, doubts, transports, _now()) is not None
        except Exception as error:  # noqa: BLE001 - as in deliver_messages
            db.session.rollback()
            _LOG.error("A message could not be asked about.", extra={"error": type(error).__name__})
    return asked


def open_transports(settings: Settings) -> Mapping[Channel, Transport]:
    """The transports that the settings allow for; a channel without a provider is absent."""
    transports: dict[Channel, Transport] = {}
    if settings.smtp_url:
        transports[Channel.EMAIL] = SmtpTransport(SmtpServer.from_url(settings.smtp_url), settings.mail_sender)
    if settings.twilio_account_sid:
        account = TwilioAccount(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            messaging_service_sid=settings.twilio_messaging_service_sid,
            base_url=settings.twilio_base_url,
            callback_base_url=settings.public_base_url,
        )
        transports[Channel.SMS] = TwilioTransport(account)
    return transports


def _now() -> datetime:
    return datetime.now(UTC)
