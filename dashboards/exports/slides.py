"""PowerPoint slides: one a measure, a picture of our own with its words, and notes on how to read it.

A native chart would carry a workbook inside; the picture carries nothing but itself. Only jobs and commands import it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from pptx import Presentation
from pptx.presentation import Presentation as Slides
from pptx.slide import Slide
from pptx.util import Emu, Inches, Length, Pt

from dashboards.exports.contents import HOW_TO_READ
from dashboards.exports.pages import Document, MeasureSheet
from dashboards.exports.pictures import as_png

_WIDTH, _HEIGHT = Inches(13.333), Inches(7.5)
_MARGIN = Inches(0.7)
_TEXT_WIDTH = Emu(_WIDTH - 2 * _MARGIN)
_TITLE_ONLY = 5


def as_slides(document: Document) -> bytes:
    """The document as .pptx."""
    slides = Presentation()
    slides.slide_width, slides.slide_height = _WIDTH, _HEIGHT
    slides.core_properties.title = document.export.title
    slides.core_properties.author = document.export.made_by
    _cover(slides, document)
    for sheet in document.measures:
        _measure(slides, sheet)
    _reading(slides)
    file = io.BytesIO()
    slides.save(file)
    return file.getvalue()


def _cover(slides: Slides, document: Document) -> None:
    page = document.page
    slide = _slide(slides, f"{page.group.name}: {page.headline}")
    signals = [f"{signal.headline}. {signal.detail}" for signal in page.signals]
    lines = [*signals, page.answered or page.withheld or "", page.coverage]
    facts = [f"{name}: {value}" for name, value in document.export.facts]
    _words(slide, [line for line in lines if line], top=Inches(1.7), height=Inches(2.4), points=24)
    _words(slide, facts, top=Inches(4.3), height=Inches(2.5), points=16)
    _notes(slide, HOW_TO_READ)


def _measure(slides: Slides, sheet: MeasureSheet) -> None:
    page = sheet.page
    slide = _slide(slides, page.headline)
    said = f"{page.score} out of 100, {page.likely}; {page.direction}. {page.usual}" if page.score else page.withheld
    _words(slide, [said or ""], top=Inches(1.5), height=Inches(0.8), points=20)
    if sheet.svg is not None:
        picture = slide.shapes.add_picture(io.BytesIO(as_png(sheet.svg)), _MARGIN, Inches(2.3), height=Inches(4.4))
        picture.left = Emu((_WIDTH - picture.width) // 2)
        picture.name = page.measure.title
        properties: Any = picture._element  # noqa: SLF001 - python-pptx has no other way (its issue 512)
        properties.nvPicPr.cNvPr.set("descr", page.alt)
    marks = [f"{change.letter}: {change.title}" for change in page.changes]
    _words(slide, ["   ".join([*marks, page.answered])], top=Inches(6.8), height=Inches(0.5), points=14)
    table = [f"{row.label}: {row.score}{f' ({row.likely})' if row.likely else ''}" for row in page.rows]
    _notes(slide, [page.alt, *table, *HOW_TO_READ])


def _reading(slides: Slides) -> None:
    slide = _slide(slides, "How to read this")
    _words(slide, HOW_TO_READ, top=Inches(1.7), height=Inches(5), points=20)


def _slide(slides: Slides, title: str) -> Slide:
    slide: Slide = slides.slides.add_slide(slides.slide_layouts[_TITLE_ONLY])
    heading: Any = slide.shapes.title  # this layout has one
    heading.left, heading.top, heading.width, heading.height = _MARGIN, Inches(0.4), _TEXT_WIDTH, Inches(1)
    heading.text_frame.text = title
    heading.text_frame.word_wrap = True
    heading.text_frame.paragraphs[0].font.size = Pt(32)
    heading.text_frame.paragraphs[0].font.bold = True
    return slide


def _words(slide: Slide, lines: Iterable[str], *, top: Length, height: Length, points: int) -> None:
    frame = slide.shapes.add_textbox(_MARGIN, top, _TEXT_WIDTH, height).text_frame
    frame.word_wrap = True
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.text = line
        paragraph.font.size = Pt(points)
        paragraph.space_after = Pt(6)


def _notes(slide: Slide, lines: Iterable[str]) -> None:
    frame: Any = slide.notes_slide.notes_text_frame  # new notes have one
    frame.text = "\n".join(lines)
