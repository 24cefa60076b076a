"""The trend of a group on a measure: a wide picture, one for phones, and a sparkline for lists."""

from __future__ import annotations

from collections.abc import Mapping
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
from dashboards.spc import Side
from dashboards.trends import Trend

_DATASETS = ("extent", "ticks", "bands", "before", "changes", "versions", "bars", "points", "gaps", "beside", "over")
_KINDS = ["usual", "better", "worse"]


@dataclass(frozen=True)
class Size:
    """A variant of the picture: a phone gets a design of its own, not a smaller copy."""

    name: str
    width: int
    height: int
    font_size: int
    date_format: str
    most_ticks: int
    padding: int


WIDE = Size("wide", 660, 300, 14, "%b %Y", 7, 32)
PHONE = Size("phone", 300, 260, 14, "%b %y", 4, 26)
SIZES = (WIDE, PHONE)


def draw_trend(trend: Trend, size: Size) -> StoredChart:
    """Draw a trend. It needs at least one shown wave."""
    design = _design(size, trend.measure.higher_is_better)
    rows = _rows(trend)
    return draw(design, {**rows, "ticks": _ticks(trend, size, rows["extent"][0]["y"])})


def draw_sparkline(trend: Trend) -> StoredChart:
    """Draw a trend as small as a word. It needs at least one shown wave."""
    rows = _rows(trend)
    return draw(_sparkline_design(), {name: rows[name] for name in ("extent", "bands", "points", "latest")})


def _rows(trend: Trend) -> Mapping[str, Rows]:
    dates = [point.wave.closed_on.isoformat() for point in trend.points]
    bands = _bands(trend)
    points = _points(trend)
    bars = _bars(trend)
    before = _before(trend)
    lowest, highest = _extent(points, bars, bands, before)
    latest = (
        [{**points[-1], "text": words.score(trend.latest_shown.shown)}]
        if trend.latest_shown and trend.latest_shown.shown
        else []
    )
    return {
        "extent": [{"date": before[0]["date"] if before else dates[0], "y": lowest}, {"date": dates[-1], "y": highest}],
        "bands": bands,
        "before": before,
        "bars": bars,
        "points": points,
        "latest": latest,
        "beside": [row for row in latest if theme.fits_beside(row["text"])],
        "over": [row for row in latest if not theme.fits_beside(row["text"])],
        "gaps": [
            {"date": date, "y": lowest} for date, point in zip(dates, trend.points, strict=True) if point.shown is None
        ],
        "changes": [
            {"date": change.started_on.isoformat(), "letter": change.letter, "y": highest} for change in trend.changes
        ],
        "versions": [
            {"date": date, "letter": "Q", "y": highest}
            for date, point in zip(dates, trend.points, strict=True)
            if point.starts_phase or point.moved_by is not None
        ],
    }


def _bands(trend: Trend) -> list[dict[str, str | float]]:
    """A band for each stretch of waves with the same questions; stretches of a phase meet half-way between waves."""
    days = [point.wave.closed_on for point in trend.points]
    phases = {usual.start: usual.phase for usual in trend.usual}
    bands: list[dict[str, str | float]] = []
    for usual in trend.usual:
        goes_on = phases.get(usual.stop) == usual.phase
        begins, ends = days[usual.start], days[usual.stop - 1]
        if usual.start > usual.phase:
            begins = _half_way(days[usual.start - 1], begins)
        if goes_on:
            ends = _half_way(ends, days[usual.stop])
        label = "usual range (early estimate)" if usual.is_early else "usual range"
        bands.append(
            {
                "from": begins.isoformat(),
                "to": ends.isoformat(),
                "lower": round(max(0.0, usual.lower), 1),
                "upper": round(min(100.0, usual.upper), 1),
                "centre": round(usual.centre, 1),
                "label": label if usual.start == usual.phase else "",
            }
        )
    return bands


def _half_way(before: date, after: date) -> date:
    return before + (after - before) / 2


def _points(trend: Trend) -> list[dict[str, str | float]]:
    rows: list[dict[str, str | float]] = []
    segment = 0
    for point in trend.points:
        segment += point.starts_phase or point.shown is None
        if point.shown is not None:
            rows.append(
                {
                    "date": point.wave.closed_on.isoformat(),
                    "score": point.shown.score,
                    "segment": segment,
                    "kind": _kind(point.side, higher_is_better=trend.measure.higher_is_better),
                }
            )
    return rows


def _before(trend: Trend) -> list[dict[str, str | float]]:
    """What the groups were from which this one came, in grey."""
    return [
        {"date": point.wave.closed_on.isoformat(), "score": point.score, "segment": point.series}
        for point in trend.earlier
    ]


def _kind(side: Side | None, *, higher_is_better: bool) -> str:
    if side is None:
        return "usual"
    return "better" if (side is Side.HIGHER) == higher_is_better else "worse"


def _bars(trend: Trend) -> list[dict[str, str | float]]:
    """One kind of uncertainty at a time: intervals everywhere, or only at the newest once there is a usual range."""
    shown = [point for point in trend.points if point.shown is not None]
    wanted = shown[-1:] if trend.current_usual is not None else shown
    return [
        {"date": point.wave.closed_on.isoformat(), "lower": cell.likely_low, "upper": cell.likely_high}
        for point in wanted
        if (cell := point.shown) is not None
    ]


def _extent(*datasets: list[dict[str, str | float]]) -> tuple[int, int]:
    values = [
        float(row[name]) for rows in datasets for row in rows for name in ("score", "lower", "upper") if name in row
    ]
    return max(0, 10 * floor((min(values) - 5) / 10)), min(100, 10 * ceil((max(values) + 2) / 10))


def _ticks(trend: Trend, size: Size, lowest: str | float) -> Rows:
    """Labels under the waves themselves, the newest always: a pulse that closed on 30 October is October's."""
    waves = [point.wave for point in trend.earlier] + [point.wave for point in trend.points]
    days = list(dict.fromkeys(wave.closed_on for wave in reversed(waves)))
    marked = days[:: ceil(len(days) / size.most_ticks)]
    return [{"date": day.isoformat(), "y": lowest, "label": format(day, size.date_format)} for day in marked]


def _layer(dataset: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name=dataset))


class _Axes:
    """The shared axes of a design."""

    def __init__(self, size: Size) -> None:
        self._time = alt.Axis(title=None, grid=False, labels=False, ticks=False)
        self._scale = alt.Scale(type="utc", padding=size.padding)

    def x(self, field: str = "date") -> alt.X:
        """The time axis."""
        return alt.X(f"{field}:T", scale=self._scale, axis=self._time)

    @staticmethod
    def y(field: str) -> alt.Y:
        """The axis of points of 100."""
        return alt.Y(
            f"{field}:Q",
            scale=alt.Scale(zero=False, nice=False),
            axis=alt.Axis(title=None, tickCount=5, domain=False, ticks=False),
        )


@cache
def _design(size: Size, higher_is_better: bool) -> Design:  # noqa: FBT001 - a cache key
    axes = _Axes(size)
    layers = [
        _layer("extent").mark_point(opacity=0, aria=False).encode(x=axes.x(), y=axes.y("y")),
        *_tick_layers(axes, size),
        *_band_layers(axes, size),
        *_before_layers(axes),
        _layer("changes").mark_rule(color=theme.GREY, strokeDash=[2, 3], aria=False).encode(x=axes.x()),
        _layer("versions")
        .mark_rule(color=theme.PINK, strokeWidth=1.6, strokeDash=[7, 4], aria=False)
        .encode(x=axes.x()),
        _layer("bars")
        .mark_rule(color=theme.INTERVAL, strokeWidth=2.6, aria=False)
        .encode(x=axes.x(), y=axes.y("lower"), y2="upper:Q"),
        *_point_layers(axes, higher_is_better=higher_is_better),
        *_flag_layers(axes, size),
        *_latest_layers(axes, size),
    ]
    chart = alt.layer(*layers).resolve_scale(shape="independent", fill="independent", stroke="independent")
    return compile_design(
        chart.properties(width=size.width, height=size.height), _DATASETS, theme.config(size.font_size)
    )


def _latest_layers(axes: _Axes, size: Size) -> list[alt.Chart]:
    """The newest score beside its point; an open class such as `95 or higher` is too long for that."""

    def text(dataset: str, align: Literal["left", "right"], dx: int, dy: int) -> alt.Chart:
        mark = _layer(dataset).mark_text(
            align=align, dx=dx, dy=dy, fontSize=size.font_size + 3, fontWeight="bold", color=theme.BLUE, aria=False
        )
        placed: alt.Chart = mark.encode(x=axes.x(), y=axes.y("score"), text="text:N")
        return placed

    return [text("beside", "left", 10, 0), text("over", "right", -9, -14)]


def _tick_layers(axes: _Axes, size: Size) -> list[alt.Chart]:
    ticks = _layer("ticks").encode(x=axes.x(), y=axes.y("y"))
    return [
        ticks.mark_point(
            shape="M0,0L0,1", stroke="#8a929c", strokeWidth=1, size=100, yOffset=0, filled=False, aria=False
        ),
        ticks.mark_text(baseline="top", dy=11, fontSize=size.font_size, color=theme.INK, aria=False).encode(
            text="label:N"
        ),
    ]


def _band_layers(axes: _Axes, size: Size) -> list[alt.Chart]:
    bands = _layer("bands")
    limit = bands.mark_rule(color=theme.LIMIT, strokeDash=[3, 3], aria=False)
    return [
        bands.mark_rect(color=theme.BAND, aria=False).encode(
            x=axes.x("from"), x2="to:T", y=axes.y("lower"), y2="upper:Q"
        ),
        bands.mark_rule(color=theme.LIMIT, strokeWidth=1.3, aria=False).encode(
            x=axes.x("from"), x2="to:T", y=axes.y("centre")
        ),
        limit.encode(x=axes.x("from"), x2="to:T", y=axes.y("lower")),
        limit.encode(x=axes.x("from"), x2="to:T", y=axes.y("upper")),
        bands.mark_text(
            align="left",
            baseline="top",
            dx=2,
            dy=5,
            fontSize=size.font_size - 1,
            color=theme.MUTED,
            aria=False,
        ).encode(x=axes.x("from"), y=axes.y("lower"), text="label:N"),
    ]


def _before_layers(axes: _Axes) -> list[alt.Chart]:
    before = _layer("before").encode(x=axes.x(), y=axes.y("score"))
    return [
        before.mark_line(color=theme.GREY, strokeWidth=1.4, strokeDash=[1, 3], aria=False).encode(detail="segment:N"),
        before.mark_point(filled=True, color=theme.GREY, opacity=1, size=30, aria=False),
    ]


def _point_layers(axes: _Axes, *, higher_is_better: bool) -> list[alt.Chart]:
    arrows = ["triangle-up", "triangle-down"] if higher_is_better else ["triangle-down", "triangle-up"]
    return [
        _layer("points")
        .mark_line(color=theme.BLUE, strokeWidth=1.8, aria=False)
        .encode(x=axes.x(), y=axes.y("score"), detail="segment:N"),
        _layer("points")
        .mark_point(filled=True, opacity=1, strokeWidth=1.8, aria=False)
        .encode(
            x=axes.x(),
            y=axes.y("score"),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=_KINDS, range=["circle", *arrows]), legend=None),
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(domain=_KINDS, range=["#ffffff", theme.BLUE, theme.ORANGE]),
                legend=None,
            ),
            stroke=alt.Stroke(
                "kind:N",
                scale=alt.Scale(domain=_KINDS, range=[theme.BLUE, theme.BLUE, theme.ORANGE_EDGE]),
                legend=None,
            ),
            size=alt.condition("datum.kind == 'usual'", alt.value(56), alt.value(112)),
        ),
        _layer("gaps")
        .mark_point(
            shape="M-1,-1L1,1M1,-1L-1,1",
            color=theme.MUTED,
            size=26,
            strokeWidth=1.4,
            filled=False,
            yOffset=-8,
            aria=False,
        )
        .encode(x=axes.x(), y=axes.y("y")),
    ]


def _flag_layers(axes: _Axes, size: Size) -> list[alt.Chart]:
    layers = []
    for dataset, shape, colour in (("changes", "circle", theme.GREY), ("versions", "square", theme.PINK)):
        layers += [
            _layer(dataset)
            .mark_point(
                shape=shape,
                filled=True,
                fill=colour,
                stroke="white",
                size=330,
                opacity=1,
                yOffset=-13,
                aria=False,
            )
            .encode(x=axes.x(), y=axes.y("y")),
            _layer(dataset)
            .mark_text(color="white", fontWeight="bold", fontSize=size.font_size - 1, dy=-12.5, aria=False)
            .encode(x=axes.x(), y=axes.y("y"), text="letter:N"),
        ]
    return layers


@cache
def _sparkline_design() -> Design:
    x = {field: alt.X(f"{field}:T", scale=alt.Scale(type="utc", padding=5), axis=None) for field in ("date", "from")}
    y = {
        field: alt.Y(f"{field}:Q", scale=alt.Scale(zero=False, nice=False, padding=4), axis=None)
        for field in ("y", "lower", "centre", "score")
    }
    colours = alt.Scale(domain=_KINDS, range=["#ffffff", theme.BLUE, theme.ORANGE])
    edges = alt.Scale(domain=_KINDS, range=[theme.BLUE, theme.BLUE, theme.ORANGE_EDGE])
    chart = alt.layer(
        _layer("extent").mark_point(opacity=0, aria=False).encode(x=x["date"], y=y["y"]),
        _layer("bands")
        .mark_rect(color="#dfe5ec", aria=False)
        .encode(x=x["from"], x2="to:T", y=y["lower"], y2="upper:Q"),
        _layer("bands").mark_rule(color=theme.LIMIT, aria=False).encode(x=x["from"], x2="to:T", y=y["centre"]),
        _layer("points")
        .mark_line(color=theme.BLUE, strokeWidth=1.8, aria=False)
        .encode(x=x["date"], y=y["score"], detail="segment:N"),
        _layer("latest")
        .mark_point(filled=True, opacity=1, strokeWidth=1.8, size=64, aria=False)
        .encode(
            x=x["date"],
            y=y["score"],
            fill=alt.Fill("kind:N", scale=colours, legend=None),
            stroke=alt.Stroke("kind:N", scale=edges, legend=None),
        ),
    ).properties(width=130, height=46)
    return compile_design(chart, ("extent", "bands", "points", "latest"), {**theme.config(12), "padding": 2})
