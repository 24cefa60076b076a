"""Draw every picture of the newest wave and store it. Only a job may import this: it brings the chart engine."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select, update

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
from dashboards.pages.last_time import build_last_time
from dashboards.pages.themes import lines_of, tried_variant
from dashboards.snapshots import Flags, Level, ReportingGroup, ShownCell, StoredChart, TriedChange
from dashboards.trends import Trend, trends_of
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import ProgrammeFlags, ProgrammeLikeness, StoredChartRow
from survey_app.models.pulses import Pulse, Wave
from survey_app.stores.group_drawings import (
    NOT_DRAWN_YET,
    ClaimedGroup,
    begin_drawings,
    claim_group,
    flags_found,
    go_on,
    groups_waiting,
    is_being_drawn,
    note_drawn,
    programmes_to_draw,
)
from survey_app.stores.published_results import DatabaseResults

Picture = tuple[str, str, StoredChart]
"""(measure, variant, picture)"""

_LONGEST_SECONDS = 1200  # a job may take 1500


def draw_charts(now: datetime) -> int:
    """Draw and store the pictures of every group that has a page, if a wave has closed since they were last drawn.

    Any number of jobs may do it at once: each takes one group after another, reads, draws and stores it, and nothing
    is locked while it draws. It stops after twenty minutes; the clock rings for what is left.

    Returns
    -------
    int
        How many pictures this one drew.
    """
    until = time.monotonic() + _LONGEST_SECONDS
    begin_to_draw(now)
    read: dict[UUID, DatabaseResults] = {}
    drawn = 0
    while time.monotonic() < until and (claimed := claim_group()) is not None:
        results = read.setdefault(claimed.edition, DatabaseResults(claimed.programme))
        drawn += (_draw_together if claimed.is_last else _draw_group)(claimed, results, now)
    return drawn


def begin_to_draw(now: datetime) -> int:
    """Say which groups have to be drawn, unless somebody has; return how many wait."""
    for programme in programmes_to_draw():
        if not is_being_drawn(programme):
            _measure_likeness(programme, now)
            begin_drawings(programme, [group.key for group in DatabaseResults(programme).groups()])
    return groups_waiting()


def _draw_group(claimed: ClaimedGroup, results: DatabaseResults, now: datetime) -> int:
    """A group's own pictures; which of its lines are unusual; and what members of a team may be told."""
    group = results.group(claimed.key)
    if group is None:
        db.session.rollback()
        note_drawn(claimed, now)
        db.session.commit()
        return 0
    sketch = _sketch(results, group)
    told = build_last_time(results, group.key) if group.level is Level.TEAM else None
    db.session.rollback()
    drawn = _store(group.key, list(_pictures(sketch)), now)
    note_drawn(claimed, now, count_flags((group, trend) for trend in sketch.trends), told)
    db.session.commit()
    return drawn


def _draw_together(claimed: ClaimedGroup, results: DatabaseResults, now: datetime) -> int:
    """What shows groups beside one another, once each has its own; then the programme's waves are drawn."""
    drawn = _draw_authorities(claimed, results, now) + _draw_tried(claimed, now)
    pulses = select(Pulse.id).join(Group, Group.id == Pulse.programme_id).where(Group.key == claimed.programme)
    undrawn = select(Wave.id).where(NOT_DRAWN_YET, Wave.pulse_id.in_(pulses)).order_by(Wave.id)
    waves = db.session.scalars(undrawn.with_for_update()).all()  # before the drawings: as whoever has them drawn anew
    if not note_drawn(claimed, now):
        db.session.rollback()
        return drawn
    _store_flags(claimed.programme, together(flags_found(claimed.programme)), now)
    db.session.execute(
        update(Wave).where(Wave.id.in_(waves)).values(charts_drawn_at=now).execution_options(synchronize_session=False)
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


def _draw_authorities(claimed: ClaimedGroup, results: DatabaseResults, now: datetime) -> int:
    """Small pictures of a programme's authorities, on axes that they share."""
    lines = [
        (group, trend)
        for group in results.groups()
        if group.level is Level.AUTHORITY
        for trend in _sketch(results, group).trends
    ]
    db.session.rollback()
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
        go_on(claimed)
    return drawn


def _draw_tried(claimed: ClaimedGroup, now: datetime) -> int:
    """Each team's line with the start of what it tries marked, on axes shared by all who try the same."""
    of_title: dict[str, list[tuple[TriedChange, Trend]]] = defaultdict(list)
    for change, trend in lines_of(DatabaseResults(claimed.programme), claimed.programme):
        of_title[slug(change.title)].append((change, trend))
    db.session.rollback()
    drawn = 0
    for lines in of_title.values():
        frame = frame_of(trend for _, trend in lines)
        for change, trend in lines:
            picture = draw_from_start(trend, change.started_on, frame)
            drawn += _store(change.group, [(trend.measure.id, tried_variant(change), picture)], now)
        go_on(claimed)
    return drawn


def _store_flags(programme: str, found: Flags, now: datetime) -> None:
    flagged = [asdict(line) for line in found.flagged]
    db.session.merge(ProgrammeFlags(programme_key=programme, lines=found.lines, flagged=flagged, counted_at=now))


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
