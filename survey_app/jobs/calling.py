"""Jobs that tell programs of others what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from survey_app.extensions import settings, vault
from survey_app.jobs.guarding import without_details
from survey_app.use_cases import webhooks


@without_details
def make_calls(call_ids: Sequence[str]) -> None:
    """Make these calls."""
    ids = [UUID(call_id) for call_id in call_ids]
    webhooks.make_calls(ids, lambda: datetime.now(UTC), settings(), vault())
