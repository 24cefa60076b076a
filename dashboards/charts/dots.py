"""Groups side by side on one measure: dots and likely ranges, in alphabetical order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, floor

import altair as alt

from dashboards import words
from dashboards.charts import theme
from dashboards.charts.drawing import Design, compile_design, draw
from dashboards.snapshots import ShownCell, StoredChart

_SIZES = {"dots-wide": (330, 14), "dots-phone": (150, 14)}
VARIANTS = tuple(_SIZES)
_ROW_HEIGHT = 36
_PADDING = {"left": 20, "right": 6, "top": 6, "bottom": 6}  # the engine measures bold names a little short


def shared_extent(cells: Sequence[ShownCell]) -> tuple[int, int]:
    """The ends of the axis that all pictures of a page share, so that they can be compared."""
    low = max(0, 10 * floor((min(cell.likely_low for cell in cells) - 3) / 10))
    return low, min(100, 10 * ceil((max(cell.likely_high for cell in cells) + 3) / 10))


def draw_dots(cells: Sequence[ShownCell], variant: str, extent: tuple[int, int]) -> StoredChart:
    """Draw one measure's figures of several groups; `variant` is one of `VARIANTS`."""
    ordered = sorted(cells, key=lambda cell: cell.name)
    low, high = extent
    rows: list[dict[str, str | float]] = [
        {
            "name": cell.name,
            "score": cell.score,
            "lower": cell.likely_low,
            "upper": cell.likely_high,
            "text": words.score(cell),
            "range": f"({cell.likely_low}–{cell.likely_high})",
        }
        for cell in ordered
    ]
    return draw(_design(variant, len(rows)), {"groups": rows, "extent": [{"x": low}, {"x": high}]})


@cache
def _design(variant: str, rows: int) -> Design:
    width, font_size = _SIZES[variant]
    groups = alt.Chart(alt.NamedData(name="groups"))
    y = alt.Y("name:N", sort=None, axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=140))

    def x(field: str) -> alt.X:
        axis = alt.Axis(title=None, tickCount=4, domain=False, ticks=False, labelFlush=False)
        return alt.X(f"{field}:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)

    at_right = alt.value(width)
    chart = alt.layer(
        alt.Chart(alt.NamedData(name="extent")).mark_point(opacity=0, aria=False).encode(x=x("x")),
        groups.mark_rule(color=theme.INTERVAL, strokeWidth=7, strokeCap="round", aria=False).encode(
            x=x("lower"), x2="upper:Q", y=y
        ),
        groups.mark_point(filled=True, fill=theme.BLUE, stroke="white", size=120, opacity=1, aria=False).encode(
            x=x("score"), y=y
        ),
        groups.mark_text(
            align="left", dx=12, fontSize=font_size + 1, fontWeight="bold", color=theme.BLUE, aria=False
        ).encode(x=at_right, y=y, text="text:N"),
        groups.mark_text(align="left", dx=38, fontSize=font_size - 1, color=theme.MUTED, aria=False).encode(
            x=at_right, y=y, text="range:N"
        ),
    ).properties(width=width, height=_ROW_HEIGHT * rows)
    return compile_design(chart, ("groups", "extent"), {**theme.config(font_size), "padding": _PADDING})
