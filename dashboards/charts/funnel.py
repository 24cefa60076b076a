"""The funnel of many groups on one measure: scores over answers, with the limits of chance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import altair as alt

from dashboards.charts import theme
from dashboards.charts.drawing import Design, compile_design, draw
from dashboards.funnel import INNER, OUTER, Funnel
from dashboards.snapshots import StoredChart

VARIANTS = {"funnel-wide": (560, 300), "funnel-phone": (280, 260)}
_STEPS = 60
_DATASETS = ("limits", "points", "beyond")


def draw_funnel(found: Funnel, variant: str) -> StoredChart:
    """Draw a funnel; `variant` is one of `VARIANTS`."""
    answers = [point.cell.n for point in found.points]
    points: list[dict[str, str | float]] = [
        {"n": point.cell.n, "score": point.cell.score, "name": point.cell.name, "beyond": point.beyond}
        for point in found.points
    ]
    return draw(
        _design(variant),
        {
            "limits": _limits(found, min(answers), max(answers)),
            "points": points,
            "beyond": [point for point in points if point["beyond"]],
        },
    )


def _limits(found: Funnel, fewest: int, most: int) -> Sequence[dict[str, str | float]]:
    """The limits at numbers of answers from the fewest to the most, a little beyond both."""
    first, last = max(1.0, 0.8 * fewest), 1.1 * most
    rows: list[dict[str, str | float]] = []
    for step in range(_STEPS + 1):
        n = first + (last - first) * step / _STEPS
        inner, outer = found.limits(n, INNER), found.limits(n, OUTER)
        row = {"low": inner[0], "high": inner[1], "lowest": outer[0], "highest": outer[1], "centre": found.centre}
        rows.append({"n": round(n, 1), **{name: round(min(100.0, max(0.0, value)), 1) for name, value in row.items()}})
    return rows


@cache
def _design(variant: str) -> Design:
    width, height = VARIANTS[variant]
    axis = alt.Axis(title="Answers", grid=False, tickCount=4)
    x = alt.X("n:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)

    def y(field: str) -> alt.Y:
        return alt.Y(
            f"{field}:Q",
            scale=alt.Scale(zero=False, nice=False),
            axis=alt.Axis(title=None, tickCount=5, domain=False, ticks=False),
        )

    limits = alt.Chart(alt.NamedData(name="limits"))
    points = alt.Chart(alt.NamedData(name="points"))
    far = alt.Chart(alt.NamedData(name="beyond"))
    outer = limits.mark_line(color=theme.LIMIT, strokeWidth=1.3, aria=False)
    chart = alt.layer(
        limits.mark_area(color=theme.BAND, aria=False).encode(x=x, y=y("low"), y2="high:Q"),
        limits.mark_line(color=theme.LIMIT, strokeDash=[3, 3], aria=False).encode(x=x, y=y("centre")),
        outer.encode(x=x, y=y("lowest")),
        outer.encode(x=x, y=y("highest")),
        points.mark_point(filled=True, fill=theme.BLUE, stroke="white", size=70, opacity=1, aria=False).encode(
            x=x, y=y("score")
        ),
        far.mark_text(align="left", dx=8, dy=-6, fontSize=13, color=theme.INK, aria=False).encode(
            x=x, y=y("score"), text="name:N"
        ),
    ).properties(width=width, height=height)
    return compile_design(
        chart, _DATASETS, {**theme.config(14), "padding": {"left": 6, "right": 80, "top": 6, "bottom": 6}}
    )
