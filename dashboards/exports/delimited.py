"""CSV for spreadsheets and programs: UTF-8 with its mark, ISO dates, an empty cell where nothing is shown."""

from __future__ import annotations

import csv
import io

from dashboards.exports.columns import COLUMNS, Value
from dashboards.exports.contents import Export

_LOOKS_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(export: Export) -> bytes:
    """A line a cell; the status says whether figures are shown, and an empty figure is never a nought."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.name for column in COLUMNS])
    writer.writerows([_plain(column.value(row)) for column in COLUMNS] for row in export.rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def safe_text(text: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_LOOKS_LIKE_A_FORMULA) else text


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else str(value)
