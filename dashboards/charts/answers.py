"""How a scale's items were answered: a bar an item, divided by response option."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import altair as alt

from dashboards.charts import theme
from dashboards.charts.drawing import Design, compile_design, draw
from dashboards.snapshots import StoredChart
from scoring.items import ItemStatistics

_LIGHT, _DARK = "#c9d8e8", theme.BLUE
_WIDTH, _ROW_HEIGHT, _FONT_SIZE = 520, 30, 14


def draw_answers(items: Sequence[ItemStatistics]) -> StoredChart:
    """Draw the shares of each option, from the lowest in light to the highest in dark."""
    rows: list[dict[str, str | float]] = []
    for place, item in enumerate(items):
        counts = item.counts or ()
        total = sum(counts)
        start = 0.0
        for option, count in enumerate(counts):
            share = 100 * count / total if total else 0.0
            rows.append(
                {
                    "item": item.name,
                    "place": place,
                    "option": option / max(len(counts) - 1, 1),
                    "start": start,
                    "stop": start + share,
                }
            )
            start += share
    return draw(_design(len(items)), {"answers": rows})


@cache
def _design(rows: int) -> Design:
    ends = alt.Scale(domain=[0, 100])
    axis = alt.Axis(title=None, values=[0, 25, 50, 75, 100], labelExpr="datum.value + '%'", domain=False, ticks=False)
    names = alt.Axis(title=None, domain=False, ticks=False)
    bars = (
        alt.Chart(alt.NamedData(name="answers"))
        .mark_bar(stroke="white", strokeWidth=1, aria=False, height=18)
        .encode(
            x=alt.X("start:Q", scale=ends, axis=axis),
            x2="stop:Q",
            y=alt.Y("item:N", sort=alt.EncodingSortField("place"), axis=names),
            color=alt.Color("option:Q", scale=alt.Scale(domain=[0, 1], range=[_LIGHT, _DARK]), legend=None),
        )
    )
    chart = alt.layer(bars).properties(width=_WIDTH, height=_ROW_HEIGHT * rows)
    return compile_design(chart, ("answers",), theme.config(_FONT_SIZE))
