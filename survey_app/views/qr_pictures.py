"""Addresses as QR codes. Nothing else may put markup into a page unescaped."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_picture(address: str, *, error: str, scale: int) -> Markup:
    """A QR code without colours or styles of its own, so that the strict policy for content holds."""
    code = segno.make(address, error=error, micro=False)
    drawn = code.svg_inline(scale=scale, border=4, svgclass="qr", lineclass=None, omitsize=True)
    return Markup(drawn)  # noqa: S704 - segno's own: squares, and nothing of the address as text
