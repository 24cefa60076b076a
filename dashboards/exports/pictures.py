"""Stored pictures as pixels. Only jobs and commands import it: converting holds the interpreter."""

from __future__ import annotations

import vl_convert

SCALE = 2
"""Sharp on a projector, and in print up to a hand's width."""


def as_png(svg: str) -> bytes:
    """A stored picture as PNG."""
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))
