"""Small multiples: one group's line on one measure, on the axes that all of a programme's groups share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import ceil, floor
from typing import Literal

import altair as alt

from dashboards import words
from dashboards.charts import theme
from dashboards.charts.drawing import Design, Rows, compile_design, draw
from dashboards.snapshots import StoredChart
from dashboards.trends import Trend, TrendPoint

BY_DATE, SINCE_START = "small", "small-since"
VARIANTS = (BY_DATE, SINCE_START)
_WIDTH, _WIDTH_WITH_START, _HEIGHT, _FONT_SIZE = 250, 300, 110, 14
_DAYS_A_MONTH = 30.4375
_DATASETS = ("extent", "begins", "ends", "started", "band", "points", "beside", "over")


@dataclass(frozen=True)
class Frame:
    """The axes that pictures of one page share: dates, months since the longest line began, points of 100."""

    first: date
    last: date
    months: int
    low: int
    high: int


def frame_of(trends: Iterable[Trend]) -> Frame:
    """The axes on which all these lines have room. Each needs a shown wave, or it takes no room."""
    lines = [_shown(trend) for trend in trends]
    points = [point for line in lines for point in line]
    days = [point.wave.closed_on for point in points]
    cells = [point.shown for point in points if point.shown is not None]
    return Frame(
        first=min(days),
        last=max(days),
        months=max(1, *(ceil(_months(line[0].wave.closed_on, line[-1].wave.closed_on)) for line in lines if line)),
        low=max(0, 20 * floor(min(cell.likely_low for cell in cells) / 20)),
        high=min(100, 20 * ceil(max(cell.likely_high for cell in cells) / 20)),
    )


def draw_small(trend: Trend, variant: str, frame: Frame) -> StoredChart:
    """Draw a line with its likely range; `variant` is one of `VARIANTS`. It needs at least one shown wave."""
    start = _shown(trend)[0].wave.closed_on if variant == SINCE_START else None
    return draw(_design(variant, _WIDTH), _rows(trend, start, frame))


def draw_from_start(trend: Trend, started_on: date, frame: Frame) -> StoredChart:
    """Draw a line by dates with a mark where a small change began. It needs at least one shown wave."""
    mark: Rows = [{"x": started_on.isoformat(), "y": frame.low}] if frame.first <= started_on <= frame.last else []
    return draw(_design(BY_DATE, _WIDTH_WITH_START), {**_rows(trend, None, frame), "started": mark})


def _rows(trend: Trend, start: date | None, frame: Frame) -> dict[str, Rows]:
    """What is drawn of a line; `start` is where its axis of months begins, or None where it is one of dates."""
    points = _points(trend, start)
    ends: tuple[str | float, str | float] = (
        (frame.first.isoformat(), frame.last.isoformat()) if start is None else (0, frame.months)
    )
    labels = (
        (f"{frame.first:%b %y}", f"{frame.last:%b %y}")
        if start is None
        else ("start", f"{frame.months} month{'' if frame.months == 1 else 's'}")
    )
    return {
        "extent": [{"x": ends[0], "y": frame.low}, {"x": ends[1], "y": frame.high}],
        "begins": [{"x": ends[0], "y": frame.low, "label": labels[0]}],
        "ends": [{"x": ends[1], "y": frame.low, "label": labels[1]}],
        "started": [],
        "band": points,
        "points": points,
        "beside": [row for row in points[-1:] if theme.fits_beside(row["text"])],
        "over": [row for row in points[-1:] if not theme.fits_beside(row["text"])],
    }


def _shown(trend: Trend) -> list[TrendPoint]:
    return [point for point in trend.points if point.shown is not None]


def _months(start: date, end: date) -> float:
    return (end - start).days / _DAYS_A_MONTH


def _points(trend: Trend, start: date | None) -> list[dict[str, str | float]]:
    """Published figures; a line is broken where questions changed or nothing is shown."""
    rows: list[dict[str, str | float]] = []
    segment = 0
    for point in trend.points:
        segment += point.starts_phase or point.shown is None
        if (cell := point.shown) is not None:
            day = point.wave.closed_on
            rows.append(
                {
                    "x": day.isoformat() if start is None else round(_months(start, day), 2),
                    "score": cell.score,
                    "lower": cell.likely_low,
                    "upper": cell.likely_high,
                    "segment": segment,
                    "text": words.score(cell),
                }
            )
    return rows


@cache
def _design(variant: str, width: int) -> Design:
    kind = "T" if variant == BY_DATE else "Q"
    scale = alt.Scale(type="utc") if variant == BY_DATE else alt.Scale(zero=False, nice=False)
    x = alt.X(f"x:{kind}", scale=scale, axis=alt.Axis(title=None, grid=False, labels=False, ticks=False))

    def y(field: str) -> alt.Y:
        axis = alt.Axis(title=None, tickCount=3, domain=False, ticks=False)
        return alt.Y(f"{field}:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)

    def layer(dataset: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name=dataset))

    def tick(dataset: str, align: Literal["left", "right"]) -> alt.Chart:
        mark = layer(dataset).mark_text(
            align=align, baseline="top", dy=8, fontSize=_FONT_SIZE - 1, color=theme.INK, aria=False
        )
        placed: alt.Chart = mark.encode(x=x, y=y("y"), text="label:N")
        return placed

    def latest(dataset: str, align: Literal["left", "right"], dx: int, dy: int) -> alt.Chart:
        mark = layer(dataset).mark_text(
            align=align, dx=dx, dy=dy, fontSize=_FONT_SIZE + 1, fontWeight="bold", color=theme.BLUE, aria=False
        )
        placed: alt.Chart = mark.encode(x=x, y=y("score"), text="text:N")
        return placed

    chart = alt.layer(
        layer("extent").mark_point(opacity=0, aria=False).encode(x=x, y=y("y")),
        tick("begins", "left"),
        tick("ends", "right"),
        layer("started").mark_rule(color=theme.PINK, strokeWidth=1.6, strokeDash=[7, 4], aria=False).encode(x=x),
        layer("band")
        .mark_area(color=theme.INTERVAL, opacity=0.35, aria=False)
        .encode(x=x, y=y("lower"), y2="upper:Q", detail="segment:N"),
        layer("points")
        .mark_line(color=theme.BLUE, strokeWidth=2, aria=False)
        .encode(x=x, y=y("score"), detail="segment:N"),
        layer("points")
        .mark_point(filled=True, fill=theme.BLUE, size=14, opacity=1, aria=False)
        .encode(x=x, y=y("score")),
        latest("beside", "left", 8, 0),
        latest("over", "right", -6, -12),
    ).properties(width=width, height=_HEIGHT)
    padding = {"left": 6, "right": 30, "top": 6, "bottom": 6}
    return compile_design(chart, _DATASETS, {**theme.config(_FONT_SIZE), "padding": padding})
