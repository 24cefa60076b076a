"""Time what grows: scoring, publishing from 100 to 18,000 teams, and drawing; CPU seconds of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import numpy as np

from benchmarks import scoring
from dashboards.charts.trend import WIDE, draw_sparkline, draw_trend
from dashboards.snapshots import Coverage, Level, Measure, PublishedWave, ShownCell
from dashboards.suppression.blocks import form_blocks
from dashboards.suppression.publication import MeasureCounts, WaveCounts, publish
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from dashboards.trends import build_trend
from scoring.tallies import tally

MEASURES, ITEMS = 4, 3


def main() -> None:
    """Print a line a figure."""
    scoring.report()
    print("publishing, 4 measures of 3 items, CPU seconds")
    for authorities in (1, 6, 20, 60):
        seconds, teams, cells = _publish(authorities)
        print(f"  {teams:6} teams  {seconds:6.2f} s  {cells:7} cells")
    trend = build_trend(MEASURE, [_wave(month) for month in range(24)], [_cell(month) for month in range(24)])
    draw_trend(trend, WIDE)
    draw_sparkline(trend)
    print("drawing, CPU milliseconds a picture once the design is compiled")
    print(f"  trend      {_per_call(lambda: draw_trend(trend, WIDE)):6.1f} ms")
    print(f"  sparkline  {_per_call(lambda: draw_sparkline(trend)):6.1f} ms")


MEASURE = Measure("connectedness", "Connectedness", higher_is_better=True)


def _publish(authorities: int) -> tuple[float, int, int]:
    rng = np.random.default_rng(1)
    nodes = [GroupNode("p", "Programme", Level.PROGRAMME, None)]
    for authority in range(authorities):
        nodes.append(GroupNode(f"a{authority}", "Authority", Level.AUTHORITY, "p"))
        for area in range(10):
            key = f"a{authority}s{area}"
            nodes.append(GroupNode(key, "Area", Level.SERVICE_AREA, f"a{authority}"))
            nodes += [GroupNode(f"{key}t{team}", "Team", Level.TEAM, key) for team in range(30)]
    tree = GroupTree(tuple(nodes))
    sizes = {leaf.key: int(rng.integers(0, 12)) for leaf in tree.leaves}
    started = time.process_time()
    blocks = form_blocks(tree, sizes, 5)
    rows = np.repeat(np.arange(len(blocks)), [block.respondents for block in blocks])
    answers = rng.integers(1, 6, (MEASURES, ITEMS, len(rows))).astype(float)
    measures = tuple(
        MeasureCounts(f"m{place}", 20.0, tuple(tally(item, rows, len(blocks), minimum=1, maximum=5) for item in items))
        for place, items in enumerate(answers)
    )
    counts = WaveCounts("w", "i@1.0.0", tree, dict.fromkeys(sizes, 14), sizes, blocks, measures)
    cells = publish(counts, DisclosureTerms(5, 25.0))
    return time.process_time() - started, len(sizes), len(cells)


def _per_call(work: Callable[[], object], times: int = 30) -> float:
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times * 1000


def _wave(month: int) -> PublishedWave:
    year, number = 2025 + month // 12, month % 12 + 1
    return PublishedWave(f"w{month}", f"{number}/{year}", date(year, number, 12), 5, 25.0, (MEASURE,), {})


def _cell(month: int) -> ShownCell:
    score = 60 + month % 4
    return ShownCell(
        wave=f"w{month}",
        group="t",
        name="Team",
        level=Level.TEAM,
        parent="s",
        measure=MEASURE.id,
        instrument="i@1.0.0",
        n=12,
        roster_size=14,
        score=score,
        low=score - 1.0,
        high=score + 1.0,
        likely_low=score - 4,
        likely_high=score + 4,
        covers=("t",),
        coverage=Coverage.ALL,
        response_rate=85,
    )


if __name__ == "__main__":
    main()
