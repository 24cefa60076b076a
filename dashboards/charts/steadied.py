"""Groups' means as they are and as the other groups steady them."""

from __future__ import annotations

from functools import cache

import altair as alt

from dashboards.charts import theme
from dashboards.charts.drawing import Design, compile_design, draw
from dashboards.snapshots import StoredChart
from scoring.pooling import SteadiedMeans

_REACH = 1.96
_WIDTH, _ROW_HEIGHT, _FONT_SIZE, _MOST_ROWS = 520, 16, 12, 60


def draw_steadied(means: SteadiedMeans) -> StoredChart:
    """Draw up to sixty groups in the order of their labels: circles as observed, dots with ranges as steadied."""
    rows: list[dict[str, str | float]] = [
        {
            "group": str(label),
            "place": place,
            "mean": float(means.mean[place]),
            "estimate": float(means.estimate[place]),
            "lower": float(means.estimate[place] - _REACH * means.widened_se[place]),
            "upper": float(means.estimate[place] + _REACH * means.widened_se[place]),
        }
        for place, label in enumerate(means.labels[:_MOST_ROWS])
    ]
    return draw(_design(len(rows)), {"groups": rows, "all": [{"mu": means.components.mu}]})


@cache
def _design(rows: int) -> Design:
    groups = alt.Chart(alt.NamedData(name="groups"))
    y = alt.Y("group:N", sort=alt.EncodingSortField("place"), axis=alt.Axis(title=None, domain=False, ticks=False))

    def x(field: str) -> alt.X:
        axis = alt.Axis(title=None, tickCount=6, domain=False, ticks=False)
        return alt.X(f"{field}:Q", scale=alt.Scale(zero=False), axis=axis)

    chart = alt.layer(
        alt.Chart(alt.NamedData(name="all"))
        .mark_rule(color=theme.LIMIT, strokeDash=[4, 4], aria=False)
        .encode(x=x("mu")),
        groups.mark_rule(color=theme.INTERVAL, strokeWidth=4, aria=False).encode(x=x("lower"), x2="upper:Q", y=y),
        groups.mark_point(stroke=theme.GREY, fill="white", size=36, opacity=1, aria=False).encode(x=x("mean"), y=y),
        groups.mark_point(filled=True, fill=theme.BLUE, size=60, opacity=1, aria=False).encode(x=x("estimate"), y=y),
    ).properties(width=_WIDTH, height=_ROW_HEIGHT * rows)
    return compile_design(chart, ("groups", "all"), theme.config(_FONT_SIZE))
