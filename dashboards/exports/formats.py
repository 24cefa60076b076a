"""The formats there are: what each is for, and what its files are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Format(StrEnum):
    """A format of exports, by its name; the hand-out is a PDF too, and pictures are in a zip."""

    PDF = "pdf"
    HANDOUT = "handout"
    PPTX = "pptx"
    XLSX = "xlsx"
    CSV = "csv"
    SAV = "sav"
    DDI = "ddi"
    PNG = "png"


@dataclass(frozen=True)
class Kind:
    """What a format is called, what it is for, and how programs know it."""

    title: str
    purpose: str
    suffix: str
    mimetype: str


_OFFICE = "application/vnd.openxmlformats-officedocument"

KINDS = {
    Format.PDF: Kind("Report, PDF", "for a board, or to print", "pdf", "application/pdf"),
    Format.HANDOUT: Kind("One page, PDF", "to talk through with the team", "pdf", "application/pdf"),
    Format.PPTX: Kind(
        "Slides, PowerPoint", "a picture a slide, with notes", "pptx", f"{_OFFICE}.presentationml.presentation"
    ),
    Format.XLSX: Kind("Workbook, Excel", "every figure in a table", "xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
    Format.CSV: Kind("Table, CSV", "the same for any program", "csv", "text/csv; charset=utf-8"),
    Format.SAV: Kind("SPSS file", "the same with labels", "sav", "application/x-spss-sav"),
    Format.PNG: Kind("Pictures, PNG", "one a measure, with its words", "zip", "application/zip"),
    Format.DDI: Kind("Codebook, DDI", "what each column means, for archives", "xml", "application/xml"),
}


def file_name(kind: Format, group_key: str, made_on: date) -> str:
    """What an export's file is called: `pulse-northtown-team-a-2026-11-25.pdf`."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in group_key)[:80]
    return f"pulse-{name}{'-one-page' if kind is Format.HANDOUT else ''}-{made_on.isoformat()}.{KINDS[kind].suffix}"
