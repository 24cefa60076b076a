"""Colours, fonts and sizes. Contrasts are 3:1 or more wherever a mark carries meaning."""

from __future__ import annotations

from typing import Any

INK = "#1d1d1d"
MUTED = "#595959"
GRID = "#e3e6ea"
BAND = "#e9edf2"
LIMIT = "#7c8794"
INTERVAL = "#6f8fae"
BLUE = "#12436d"
ORANGE = "#f46a25"
ORANGE_EDGE = "#9a3412"
PINK = "#801650"
GREY = "#3d3d3d"
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"


def config(font_size: int) -> dict[str, Any]:  # Any: a Vega-Lite config object
    """The look that every chart shares."""
    label = {"labelFont": FONT, "labelFontSize": font_size, "labelColor": INK, "labelPadding": 6}
    line = {"aria": False, "domainColor": "#8a929c", "tickColor": "#8a929c", "gridColor": GRID}
    return {
        "background": "white",
        "padding": 6,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**label, **line},
        "text": {"font": FONT, "fontSize": font_size, "color": INK},
    }


def fits_beside(text: str | float) -> bool:
    """Whether a score in words has room beside its point; `95 or higher` stands over it."""
    return str(text).isdigit()
