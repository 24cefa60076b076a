"""Time what grows: answering, scoring, publishing, drawing, rosters and delivery; seconds of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from benchmarks import answering, delivery, pages, publishing, rosters, scoring
from dashboards.charts.trend import WIDE, draw_sparkline, draw_trend
from dashboards.snapshots import Coverage, Level, Measure, PublishedWave, ShownCell
from dashboards.trends import build_trend


def main() -> None:
    """Print a line a figure."""
    answering.report()
    pages.report()
    scoring.report()
    publishing.report()
    rosters.report()
    delivery.report()
    trend = build_trend(MEASURE, [_wave(month) for month in range(24)], [_cell(month) for month in range(24)])
    draw_trend(trend, WIDE)
    draw_sparkline(trend)
    print("drawing, CPU milliseconds a picture once the design is compiled")
    print(f"  trend      {_per_call(lambda: draw_trend(trend, WIDE)):6.1f} ms")
    print(f"  sparkline  {_per_call(lambda: draw_sparkline(trend)):6.1f} ms")


MEASURE = Measure("connectedness", "Connectedness", higher_is_better=True)


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
