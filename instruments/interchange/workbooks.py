"""Read the sheets of a workbook as rows of texts, whatever state the workbook is in."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from instruments.errors import InvalidInstrumentFile
from instruments.files import require_size
from instruments.interchange.carrying import LARGEST_FOREIGN_BYTES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS = 5_000
MOST_COLUMNS = 200
LARGEST_UNPACKED_BYTES = 8_000_000
MOST_PARTS = 300
MOST_SWELLING = 60
"""How many times its packed size a large part may have; sheets that people fill in have ten to twenty."""


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet: its number as people see it, and its cells by the text of their column's head."""

    number: int
    cells: Mapping[str, str]


def read_sheets(content: bytes, source: str) -> Mapping[str, list[SheetRow]]:
    """Return the rows of every sheet by the sheet's name in small letters; blank rows and cells are left out.

    Raises
    ------
    InvalidInstrumentFile
        The content is no workbook, a broken one, or one that unpacks to far more than an instrument needs.
    """
    from openpyxl import load_workbook  # here: it brings numpy, which pages do without

    require_size(content, source, LARGEST_FOREIGN_BYTES)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InvalidInstrumentFile(
            source, ["is an .xls or an encrypted workbook; save it as .xlsx without a password"]
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            swells = any(part.file_size > max(1_000_000, MOST_SWELLING * part.compress_size) for part in parts)
        if unpacked > LARGEST_UNPACKED_BYTES or len(parts) > MOST_PARTS or swells:
            raise InvalidInstrumentFile(source, [f"unpacks to {unpacked:,} bytes, far more than an instrument needs"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it does not know of a workbook's looks is no concern of ours
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            return {sheet.title.strip().casefold(): list(_rows(sheet)) for sheet in book.worksheets}
    except InvalidInstrumentFile:
        raise
    except Exception as error:
        raise InvalidInstrumentFile(source, ["is not a readable .xlsx workbook"]) from error


def _rows(sheet: Worksheet) -> Iterator[SheetRow]:
    rows = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
    heads = [_text(value) for value in next(rows, ())]
    for number, values in enumerate(rows, start=2):
        cells = {head: _text(value) for head, value in zip(heads, values, strict=False) if head and _text(value)}
        if cells:
            yield SheetRow(number, cells)


def _text(value: object) -> str:
    """A cell's content as the text that its writer meant: a code 1 is `1`, however the sheet stored it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
