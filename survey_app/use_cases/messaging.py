"""Send what waits in the outbox, through the accounts of whoever it is from."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from notifications.delivery import Delivery
from notifications.reconciling import reconcile
from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.stores.doubts import DatabaseDoubts
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.stores.routes import DatabaseRoutes

LONGEST_JOB_SECONDS = 500
_LOG = logging.getLogger(__name__)


def deliver_messages(message_ids: Iterable[UUID], settings: Settings, vault: Vault) -> int:
    """Try each message once and return how many were tried; stops before the job's own time runs out."""
    outbox = DatabaseOutbox(vault, settings.public_base_url)
    started = time.monotonic()
    tried = 0
    with DatabaseRoutes(settings, vault) as routes:
        delivery = Delivery(outbox, routes, _now, time.sleep)
        for message_id in message_ids:
            if time.monotonic() - started > LONGEST_JOB_SECONDS:
                break
            try:
                tried += delivery.deliver(message_id) is not None
            except Exception as error:  # noqa: BLE001 - one message must not hold up the others; its lease runs out
                db.session.rollback()
                _LOG.error("A message could not be tried.", extra={"error": type(error).__name__})
    return tried


def reconcile_messages(message_ids: Iterable[UUID], settings: Settings, vault: Vault) -> int:
    """Ask about each message in doubt and return how many were settled or given up; one must not hold up the others."""
    doubts = DatabaseDoubts(vault, settings.public_base_url, settings.resend_when_absent)
    asked = 0
    with DatabaseRoutes(settings, vault) as routes:
        for message_id in message_ids:
            try:
                asked += reconcile(message_id, doubts, routes, _now()) is not None
            except Exception as error:  # noqa: BLE001 - as in deliver_messages
                db.session.rollback()
                _LOG.error("A message could not be asked about.", extra={"error": type(error).__name__})
    return asked


def _now() -> datetime:
    return datetime.now(UTC)
