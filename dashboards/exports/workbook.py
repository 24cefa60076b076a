"""An Excel workbook: a cover, one table a sheet with frozen headings, and how to read it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, time

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.columns import COLUMNS, Value
from dashboards.exports.contents import HOW_TO_READ, Export

HIDDEN = "[c]"
"""What stands in a cell whose figure is confidential, as statistical offices write it."""

Formats = Mapping[str, Format]
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def as_workbook(export: Export) -> bytes:
    """The export as .xlsx: numbers are numbers, and what is not shown says so."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        formats = {"head": book.add_format({"bold": True}), "date": book.add_format({"num_format": "yyyy-mm-dd"})}
        book.set_properties({"title": export.title, "author": export.made_by})
        _cover(book.add_worksheet("Cover"), export, formats)
        _table(book.add_worksheet("Scores"), export, formats)
        _pulses(book.add_worksheet("Pulses"), export, formats)
    return file.getvalue()


def _cover(sheet: Worksheet, export: Export, formats: Formats) -> None:
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, export.title, formats["head"])
    facts = [*export.facts, (HIDDEN, "not shown: see the reason beside it"), ("Sheets", "Scores, Pulses")]
    for row, (name, value) in enumerate(facts, 2):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    first = len(facts) + 3
    sheet.write_string(first, 0, "How to read this", formats["head"])
    for row, sentence in enumerate(HOW_TO_READ, first):
        sheet.write_string(row, 1, sentence)


def _table(sheet: Worksheet, export: Export, formats: Formats) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(COLUMNS):
        sheet.write_string(0, place, column.heading, formats["head"])
        sheet.set_column(place, place, 10 if column.is_number else 22)
        for row, found in enumerate(export.rows, 1):
            value = column.value(found)
            _write(sheet, row, place, HIDDEN if value is None and column.is_number else value, formats)
    sheet.autofilter(0, 0, max(1, len(export.rows)), len(COLUMNS) - 1)


def _pulses(sheet: Worksheet, export: Export, formats: Formats) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 4, 22)
    for place, heading in enumerate(("Key", "Pulse", "Results of", "Shown from, answers")):
        sheet.write_string(0, place, heading, formats["head"])
    for row, wave in enumerate(export.waves, 1):
        values: tuple[Value, ...] = (wave.key, wave.label, wave.closed_on, wave.minimum_group_size)
        for place, value in enumerate(values):
            _write(sheet, row, place, value, formats)


def _write(sheet: Worksheet, row: int, place: int, value: Value, formats: Formats) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, place, datetime.combine(value, time()), formats["date"])
    elif isinstance(value, int):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, value or "")
