"""Jobs of the `work` queue."""

from __future__ import annotations

from datetime import UTC, datetime

from survey_app.extensions import settings, vault
from survey_app.jobs.guarding import without_details
from survey_app.queues import ring_delivery
from survey_app.use_cases import closing, fieldwork


@without_details
def open_wave(wave_id: int) -> None:
    """Open a wave and ring for its messages."""
    now = datetime.now(UTC)
    ring_delivery(settings().redis_url, fieldwork.open_wave(wave_id, now, vault()), now)


@without_details
def close_wave(wave_id: int) -> None:
    """Close a wave, publish it and draw its pictures."""
    from survey_app.use_cases.drawing import (
        draw_charts,
    )  # here: a process that forks must not load the chart engine

    closing.close_wave(wave_id, datetime.now(UTC), vault())
    draw_charts(datetime.now(UTC))
