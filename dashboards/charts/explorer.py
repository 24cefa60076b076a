"""The explorer's chart, compiled once for a script in the browser: lines to look through, one of them picked.

`make explorer` puts the compiled design into the script's bundle; no server draws it, and it holds no value.
"""

from __future__ import annotations

import altair as alt

from dashboards.charts import theme
from dashboards.charts.drawing import Design, compile_design

_FONT_SIZE = 14
_DATASETS = ("extent", "points", "ends", "chosen")
_HIT_SIZE = 900
"""Square pixels around a point that belong to it: 30 by 30, so that a finger finds it."""


def explorer_design() -> Design:
    """The design: `points` and `ends` have x, score, lower, upper, name and segment; `ends` a label and its height.

    The signal `picked` names the line that is drawn in full. Every point takes pointers, within `_HIT_SIZE`.
    """
    picked = alt.param(name="picked", value="")
    is_picked = f"datum.name === {picked.name}"
    x = alt.X("x:T", scale=alt.Scale(type="utc"), axis=alt.Axis(title=None, grid=False, format="%b %y", tickCount=5))

    def y(field: str) -> alt.Y:
        axis = alt.Axis(title=None, tickCount=5, domain=False, ticks=False)
        return alt.Y(f"{field}:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)

    def layer(dataset: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name=dataset))

    colour = alt.when(is_picked).then(alt.value(theme.BLUE)).otherwise(alt.value(theme.LIMIT))
    lines = layer("points").mark_line(aria=False)
    points = layer("points").mark_point(filled=True, opacity=1, aria=False)
    chart = alt.layer(
        layer("extent").mark_point(opacity=0, aria=False).encode(x=x, y=y("y")),
        layer("points")
        .mark_area(color=theme.INTERVAL, opacity=0.3, aria=False)
        .encode(x=x, y=y("lower"), y2="upper:Q", detail="segment:N")
        .transform_filter(is_picked),
        lines.encode(
            x=x,
            y=y("score"),
            detail="segment:N",
            color=colour,
            strokeWidth=alt.when(is_picked).then(alt.value(3)).otherwise(alt.value(1.5)),
        ),
        points.encode(
            x=x, y=y("score"), color=colour, size=alt.when(is_picked).then(alt.value(36)).otherwise(alt.value(16))
        ),
        layer("ends")
        .mark_text(align="left", dx=10, fontSize=_FONT_SIZE, aria=False)
        .encode(x=x, y=y("height"), text="label:N", color=colour),
        layer("chosen")
        .mark_point(filled=False, size=170, strokeWidth=2.5, color=theme.BLUE, aria=False)
        .encode(x=x, y=y("score")),
        layer("points").mark_point(filled=True, size=_HIT_SIZE, opacity=0, aria=False).encode(x=x, y=y("score")),
    ).properties(width=640, height=360)
    config = {**theme.config(_FONT_SIZE), "padding": {"left": 6, "right": 130, "top": 12, "bottom": 6}}
    return compile_design(chart.add_params(picked), _DATASETS, config)
