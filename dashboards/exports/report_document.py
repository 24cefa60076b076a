"""A report as tagged PDF, from pages like those on the screen. Only jobs and commands import it."""

from __future__ import annotations

import base64
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboards.errors import NoPdf
from dashboards.exports.contents import HOW_TO_READ
from dashboards.exports.pages import Document

_VARIANT = "pdf/ua-1"


def as_pdf(document: Document, *, one_page: bool = False) -> bytes:
    """The document as PDF/UA: headings, tables and pictures are tagged, and pictures have their words.

    Parameters
    ----------
    one_page
        The first screen alone, on one side of A4, to be handed round in a team.

    Raises
    ------
    NoPdf
        Pango, which lays out the text, is not on this machine.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - its libraries may be missing
    except OSError as error:
        raise NoPdf from error
    page = as_html(document, one_page=one_page)
    return bytes(HTML(string=page).write_pdf(pdf_variant=_VARIANT))  # pragma: no cover - tested where there is Pango


def as_html(document: Document, *, one_page: bool = False) -> str:
    """What the PDF is made of."""
    sheets = () if one_page else document.measures
    pictures = {sheet.page.measure.id: _inside(sheet.svg) for sheet in document.measures if sheet.svg is not None}
    return (
        _environment()
        .get_template("export.html")
        .render(
            export=document.export,
            page=document.page,
            sheets=sheets,
            pictures=pictures,
            how_to_read=HOW_TO_READ,
            one_page=one_page,
        )
    )


def _inside(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("dashboards"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
