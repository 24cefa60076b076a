"""Jobs of the `send` queue."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from survey_app.extensions import settings, vault
from survey_app.jobs.guarding import without_details
from survey_app.use_cases import messaging


@without_details
def deliver_messages(message_ids: Sequence[str]) -> None:
    """Try to send these messages."""
    messaging.deliver_messages([UUID(message_id) for message_id in message_ids], settings(), vault())


@without_details
def reconcile_messages(message_ids: Sequence[str]) -> None:
    """Ask about messages of which nobody knows whether they were taken over."""
    messaging.reconcile_messages([UUID(message_id) for message_id in message_ids], settings(), vault())
