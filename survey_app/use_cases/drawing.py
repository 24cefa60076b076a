"""Draw every picture of the newest wave and store it. Only a job may import this: it brings the chart engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select, update

from dashboards.charts.dots import VARIANTS, draw_dots
from dashboards.charts.trend import SIZES, draw_sparkline, draw_trend
from dashboards.snapshots import Level, PublishedWave, ReportingGroup, ShownCell, StoredChart
from dashboards.trends import build_trend
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import StoredChartRow
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.published_results import DatabaseResults

Picture = tuple[str, str, str, StoredChart]
"""(group key, measure, variant, picture)"""


def draw_charts(now: datetime) -> int:
    """Draw and store the pictures of every group that has a page; return how many there are."""
    drawn = 0
    for programme in db.session.scalars(select(Group.key).where(Group.level == Level.PROGRAMME).order_by(Group.key)):
        results = DatabaseResults(programme)
        waves = results.waves()
        for group in results.groups() if waves else ():
            for key, measure, variant, chart in _pictures(results, waves, group):
                _store(key, measure, variant, chart, now)
                drawn += 1
    db.session.execute(
        update(Wave)
        .where(Wave.state == WaveState.CLOSED, Wave.charts_drawn_at.is_(None))
        .values(charts_drawn_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return drawn


def _pictures(results: DatabaseResults, waves: Sequence[PublishedWave], group: ReportingGroup) -> Iterator[Picture]:
    cells = results.cells(group.key)
    changes = results.small_changes(group.key)
    for measure in waves[-1].measures:
        trend = build_trend(measure, waves, cells, changes)
        if trend.latest_shown is None:
            continue
        for size in SIZES:
            yield group.key, measure.id, size.name, draw_trend(trend, size)
        yield group.key, measure.id, "spark", draw_sparkline(trend)
    if group.level is Level.PROGRAMME:
        yield from _comparison_pictures(results, waves[-1], group)


def _comparison_pictures(results: DatabaseResults, wave: PublishedWave, group: ReportingGroup) -> Iterator[Picture]:
    children = [results.cells(child.key) for child in results.children(group.key) if "+" not in child.key]
    newest = [cell for cells in children for cell in cells if cell.wave == wave.key and isinstance(cell, ShownCell)]
    for measure in wave.measures:
        shown = [cell for cell in newest if cell.measure == measure.id]
        for variant in VARIANTS if shown else ():
            yield group.key, measure.id, variant, draw_dots(shown, variant)


def _store(key: str, measure: str, variant: str, chart: StoredChart, now: datetime) -> None:
    row = db.session.get(StoredChartRow, (key, measure, variant))
    if row is None:
        row = StoredChartRow(group_key=key, measure=measure, variant=variant)
        db.session.add(row)
    if row.fingerprint != chart.fingerprint:
        row.fingerprint = chart.fingerprint
        row.svg = chart.svg
        row.drawn_at = now
