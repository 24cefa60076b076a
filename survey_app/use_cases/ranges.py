"""Let a usual range begin anew: a deliberate act with a reason and a name, or teams would define bad news away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from dashboards.snapshots import PublishedWave
from dashboards.trends import Trend, trends_of
from survey_app.extensions import db
from survey_app.models.pulses import Wave, WaveState
from survey_app.models.ranges import NewRangeRow
from survey_app.stores.group_drawings import forget_drawings
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import NoNewRange

FEWEST_BEFORE = 8
"""Pulses that a range must have stood for before another may begin."""
LONGEST_REASON = 300


def waves_for_new_range(results: DatabaseResults, group_key: str, measure_id: str) -> list[PublishedWave]:
    """The waves at which a group's range on a measure may begin anew, the newest first."""
    waves = results.waves(group_key)
    measure = next((each for each in (waves[-1].measures if waves else ()) if each.id == measure_id), None)
    if measure is None:
        return []
    (trend,) = trends_of(results, group_key, [measure])
    return [wave for place, wave in enumerate(_waves(trend)) if _stood_before(trend, place) >= FEWEST_BEFORE][::-1]


def begin_new_range(
    programme: str, group_key: str, measure: str, wave_key: str, *, reason: str, by: str, now: datetime
) -> None:
    """Let a group's usual range on a measure begin anew at a wave; its pictures are drawn again.

    Raises
    ------
    NoNewRange
        The wave is none of those that may, or there is no reason.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise NoNewRange(f"Say why, in {LONGEST_REASON} characters or fewer: readers of the page see it.")
    allowed = waves_for_new_range(DatabaseResults(programme), group_key, measure)
    if wave_key not in {wave.key for wave in allowed}:
        raise NoNewRange(
            f"A range may begin anew after it has stood for {FEWEST_BEFORE} pulses. Choose one of the list."
        )
    db.session.add(
        NewRangeRow(
            group_key=group_key, measure=measure, wave_key=wave_key, reason=reason, decided_by=by, decided_at=now
        )
    )
    note(by, "begin new range", group_key, now, measure=measure, wave=wave_key, reason=reason)
    db.session.execute(
        update(Wave)
        .where(Wave.key == wave_key, Wave.state == WaveState.CLOSED)
        .values(charts_drawn_at=None)
        .execution_options(synchronize_session=False)
    )
    forget_drawings(programme)
    db.session.commit()


def _waves(trend: Trend) -> list[PublishedWave]:
    return [point.wave for point in trend.points]


def _stood_before(trend: Trend, place: int) -> int:
    """Shown waves between the last beginning of a range and this wave; none where one begins here already."""
    points = trend.points
    if points[place].starts_phase or points[place].new_range is not None:
        return 0
    began = max((at for at in range(place) if points[at].starts_phase or points[at].new_range is not None), default=0)
    return sum(point.shown is not None for point in points[began:place])
