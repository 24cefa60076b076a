"""Stored pictures as pixels. Only jobs and commands import it: converting holds the interpreter."""

from __future__ import annotations

import io
import zipfile

import vl_convert

from dashboards.exports.pages import Document

SCALE = 2
"""Sharp on a projector, and in print up to a hand's width."""


def as_png(svg: str) -> bytes:
    """A stored picture as PNG."""
    return bytes(vl_convert.svg_to_png(svg, scale=SCALE))


def as_pictures(document: Document) -> bytes:
    """A picture a measure in a zip, with what each shows in words: a picture alone would say it to few."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for sheet in document.measures:
            if sheet.svg is not None:
                pack.writestr(f"{sheet.page.measure.id}.png", as_png(sheet.svg))
                pack.writestr(f"{sheet.page.measure.id}.txt", f"{document.export.title}. {sheet.page.alt}\n")
    return file.getvalue()
