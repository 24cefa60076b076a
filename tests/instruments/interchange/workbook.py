"""Workbooks as other people write them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook with these sheets, each a list of rows, the first of them its head."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
