"""Jobs of the `work` queue."""

from __future__ import annotations

from datetime import UTC, datetime

from survey_app.extensions import settings, vault
from survey_app.jobs.guarding import without_details
from survey_app.queues import GROUPS_A_DRAWER, ring_delivery, ring_drawing
from survey_app.use_cases import closing, digesting, fieldwork


@without_details
def open_wave(wave_id: int) -> None:
    """Open a wave and ring for its messages."""
    now = datetime.now(UTC)
    ring_delivery(settings().redis_url, fieldwork.open_wave(wave_id, now, vault()), now)


@without_details
def draw_charts(_part: int) -> None:
    """Help to draw what was published; whoever draws the last picture tells."""
    from survey_app.use_cases.drawing import draw_charts as draw  # here: a process that forks must not load the engine

    draw(datetime.now(UTC))
    _tell()


@without_details
def close_wave(wave_id: int) -> None:
    """Close a wave, publish it, draw its pictures, describe its scales, attack all that is published, and tell."""
    # here: a process that forks must not load the chart engine
    from survey_app.use_cases.describing import describe_waves
    from survey_app.use_cases.disclosure_audit import audit_disclosure
    from survey_app.use_cases.drawing import begin_to_draw
    from survey_app.use_cases.drawing import draw_charts as draw

    closing.close_wave(wave_id, datetime.now(UTC), vault())
    now = datetime.now(UTC)
    ring_drawing(settings().redis_url, begin_to_draw(now) // GROUPS_A_DRAWER, now)
    draw(now)
    describe_waves(datetime.now(UTC))
    audit_disclosure(datetime.now(UTC))
    _tell()


def _tell() -> None:
    now = datetime.now(UTC)
    ring_delivery(settings().redis_url, digesting.plan_digests(now), now)
