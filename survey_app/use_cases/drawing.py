"""Draw every picture of the newest wave and store it. Only a job may import this: it brings the chart engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import and_, select, update

from dashboards.charts.dots import VARIANTS, draw_dots, shared_extent
from dashboards.charts.funnel import VARIANTS as FUNNEL_VARIANTS
from dashboards.charts.funnel import draw_funnel
from dashboards.charts.multiples import VARIANTS as SMALL_VARIANTS
from dashboards.charts.multiples import draw_from_start, draw_small, frame_of
from dashboards.charts.trend import SIZES, draw_sparkline, draw_trend
from dashboards.flags import count_flags, together
from dashboards.funnel import FEWEST_GROUPS, funnel
from dashboards.likeness import pooled_autocorrelation
from dashboards.pages.addresses import slug
from dashboards.pages.comparison import compared_on, current_cells
from dashboards.pages.themes import lines_of, tried_variant
from dashboards.snapshots import Flags, Level, ReportingGroup, ShownCell, StoredChart, TriedChange
from dashboards.trends import Trend, trends_of
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import ProgrammeFlags, ProgrammeLikeness, StoredChartRow
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.published_results import DatabaseResults

Picture = tuple[str, str, StoredChart]
"""(measure, variant, picture)"""

Line = tuple[ReportingGroup, Trend]

_NOT_DRAWN_YET = and_(Wave.state == WaveState.CLOSED, Wave.charts_drawn_at.is_(None))


def draw_charts(now: datetime) -> int:
    """Draw and store the pictures of every group that has a page, if a wave has closed since they were last drawn.

    A group is read, drawn and stored one after the other, and nothing is locked while it is drawn.

    Returns
    -------
    int
        How many pictures were drawn.
    """
    if db.session.scalar(select(Wave.id).where(_NOT_DRAWN_YET).limit(1)) is None:
        db.session.rollback()
        return 0
    programmes = db.session.scalars(select(Group.key).where(Group.level == Level.PROGRAMME).order_by(Group.key)).all()
    drawn = 0
    for programme in programmes:
        _measure_likeness(programme, now)
        results = DatabaseResults(programme)
        counted: list[Flags] = []
        of_authorities: list[Line] = []
        for group in results.groups():
            sketch = _sketch(results, group)
            db.session.rollback()
            lines = [(group, trend) for trend in sketch.trends]
            counted.append(count_flags(lines))
            of_authorities += lines if group.level is Level.AUTHORITY else []
            drawn += _store(group.key, list(_pictures(sketch)), now)
        drawn += _draw_authorities(of_authorities, now)
        drawn += _draw_tried(programme, now)
        _store_flags(programme, together(counted), now)
    db.session.execute(
        update(Wave).where(_NOT_DRAWN_YET).values(charts_drawn_at=now).execution_options(synchronize_session=False)
    )
    db.session.commit()
    return drawn


def _measure_likeness(programme: str, now: datetime) -> None:
    """Learn how alike neighbouring waves are, before any range is computed from it."""
    found = pooled_autocorrelation(_lines_of_teams(DatabaseResults(programme)))
    db.session.merge(ProgrammeLikeness(programme_key=programme, autocorrelation=found, measured_at=now))
    db.session.commit()


def _lines_of_teams(results: DatabaseResults) -> Iterator[Trend]:
    for group in results.groups():
        if group.level is Level.TEAM:
            trends = trends_of(results, group.key, results.waves(group.key)[-1].measures)
            db.session.rollback()
            yield from trends


@dataclass(frozen=True)
class _Sketch:
    """What a group's pictures are drawn from."""

    trends: Sequence[Trend]
    compared: Sequence[ShownCell]


def _sketch(results: DatabaseResults, group: ReportingGroup) -> _Sketch:
    measures = results.waves(group.key)[-1].measures
    trends = trends_of(results, group.key, measures)
    compared: list[ShownCell] = []
    if group.level is Level.PROGRAMME:
        children = [child for child in results.children(group.key) if "+" not in child.key]
        current = current_cells(results, children).values()
        compared = [cell for measure in measures for cell in compared_on(measure.id, current)]
    return _Sketch([trend for trend in trends if trend.latest_shown is not None], compared)


def _pictures(sketch: _Sketch) -> Iterator[Picture]:
    for trend in sketch.trends:
        for size in SIZES:
            yield trend.measure.id, size.name, draw_trend(trend, size)
        yield trend.measure.id, "spark", draw_sparkline(trend)
    extent = shared_extent(sketch.compared) if sketch.compared else (0, 100)
    for measure in dict.fromkeys(cell.measure for cell in sketch.compared):
        cells = [cell for cell in sketch.compared if cell.measure == measure]
        for variant in VARIANTS:
            yield measure, variant, draw_dots(cells, variant, extent)
        if len(cells) >= FEWEST_GROUPS:
            found = funnel(cells)
            for variant in FUNNEL_VARIANTS:
                yield measure, variant, draw_funnel(found, variant)


def _draw_authorities(lines: Sequence[Line], now: datetime) -> int:
    """Small pictures of a programme's authorities, on axes that they share."""
    if not lines:
        return 0
    frame = frame_of(trend for _, trend in lines)
    drawn = 0
    for key, own in groupby(lines, key=lambda line: line[0].key):
        pictures = [
            (trend.measure.id, variant, draw_small(trend, variant, frame))
            for _, trend in own
            for variant in SMALL_VARIANTS
        ]
        drawn += _store(key, pictures, now)
    return drawn


def _draw_tried(programme: str, now: datetime) -> int:
    """Each team's line with the start of what it tries marked, on axes shared by all who try the same."""
    of_title: dict[str, list[tuple[TriedChange, Trend]]] = defaultdict(list)
    for change, trend in lines_of(DatabaseResults(programme), programme):
        of_title[slug(change.title)].append((change, trend))
    db.session.rollback()
    drawn = 0
    for lines in of_title.values():
        frame = frame_of(trend for _, trend in lines)
        for change, trend in lines:
            picture = draw_from_start(trend, change.started_on, frame)
            drawn += _store(change.group, [(trend.measure.id, tried_variant(change), picture)], now)
    return drawn


def _store_flags(programme: str, found: Flags, now: datetime) -> None:
    flagged = [asdict(line) for line in found.flagged]
    db.session.merge(ProgrammeFlags(programme_key=programme, lines=found.lines, flagged=flagged, counted_at=now))
    db.session.commit()


def _store(key: str, pictures: Sequence[Picture], now: datetime) -> int:
    for measure, variant, chart in pictures:
        row = db.session.get(StoredChartRow, (key, measure, variant))
        if row is None:
            row = StoredChartRow(group_key=key, measure=measure, variant=variant)
            db.session.add(row)
        if row.fingerprint != chart.fingerprint:
            row.fingerprint = chart.fingerprint
            row.svg = chart.svg
            row.drawn_at = now
    db.session.commit()
    return len(pictures)
