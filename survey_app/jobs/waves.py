"""Jobs of the `work` queue."""

from __future__ import annotations

from datetime import UTC, datetime

from survey_app.extensions import settings, vault
from survey_app.jobs.guarding import without_details
from survey_app.queues import ring_delivery
from survey_app.use_cases import closing, digesting, fieldwork


@without_details
def open_wave(wave_id: int) -> None:
    """Open a wave and ring for its messages."""
    now = datetime.now(UTC)
    ring_delivery(settings().redis_url, fieldwork.open_wave(wave_id, now, vault()), now)


@without_details
def close_wave(wave_id: int) -> None:
    """Close a wave, publish it, draw its pictures, describe its scales, attack all that is published, and tell."""
    # here: a process that forks must not load the chart engine
    from survey_app.use_cases.describing import describe_waves
    from survey_app.use_cases.disclosure_audit import audit_disclosure
    from survey_app.use_cases.drawing import draw_charts

    closing.close_wave(wave_id, datetime.now(UTC), vault())
    draw_charts(datetime.now(UTC))
    describe_waves(datetime.now(UTC))
    audit_disclosure(datetime.now(UTC))
    now = datetime.now(UTC)
    ring_delivery(settings().redis_url, digesting.plan_digests(now), now)
