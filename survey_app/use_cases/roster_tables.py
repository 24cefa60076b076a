"""From the file that a council sends to lines of named cells: whatever encoding, separator and headings it has."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from survey_app.use_cases.errors import UnreadableFile

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "staff_ref": ("staff_ref", "staff_reference", "staff_number", "staff_no", "staff_id", "employee_number",
                  "employee_no", "employee_id", "payroll_number", "payroll_no", "personnel_number",
                  "assignment_number"),
    "name": ("name", "full_name", "employee_name", "staff_name"),
    "email": ("email", "e_mail", "email_address", "e_mail_address", "work_email", "work_e_mail",
              "work_email_address"),
    "mobile": ("mobile", "mobile_number", "mobile_phone", "work_mobile", "mobile_no", "cell"),
    "team": ("team", "team_name", "team/unit", "unit"),
    "service_area": ("service_area", "service", "service_name", "area", "department"),
    "role": ("role", "job_title", "post_title", "position"),
    "language": ("language", "preferred_language", "language_preference"),
    "started_on": ("started_on", "start_date", "date_started", "start"),
    "left_on": ("left_on", "leaving_date", "leave_date", "date_left", "end_date", "termination_date"),
    "hours": ("hours", "sending_hours", "shift"),
}  # fmt: skip
"""What a column is called here, and what councils call it; where a file has two of these, the earlier is taken."""

REQUIRED = frozenset({"staff_ref", "email", "team", "service_area"})
LARGEST_FILE_BYTES = 5_000_000
LARGEST_UNPACKED_BYTES = 50_000_000
MOST_ROWS = 25_000
MOST_COLUMNS = 200
MOST_SHEETS = 5
LINES_BEFORE_HEADER = 20
_KNOWN = {heading: column for column, headings in HEADINGS.items() for heading in headings}
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_SEPARATORS = ",;\t|"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_Line = tuple[int, list[str]]


@dataclass(frozen=True)
class Record:
    """A line of the file: its number there, and its cells by our name of the column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class RosterTable:
    """The lines under the headings that hold anything, and the headings, those that nobody here knows apart."""

    records: tuple[Record, ...]
    columns: frozenset[str]
    ignored: tuple[str, ...]


def read_table(content: bytes) -> RosterTable:
    """Find the headings and read what is under them; titles above the headings are passed over.

    Raises
    ------
    UnreadableFile
        It is no table, is too large, or lacks a column; the sentence says which, and what it may be called.
    """
    if len(content) > LARGEST_FILE_BYTES:
        size, most = len(content) / 1e6, LARGEST_FILE_BYTES / 1e6
        raise UnreadableFile(f"The roster has {size:.1f} MB, more than {most:.0f}: split it by service.")
    sheets = _sheets(content)
    lines = next((sheet for sheet in sheets if _has_headings(sheet)), sheets[0])
    below, places, ignored = _find_headings(lines)
    records = []
    for number, cells in lines[below:]:
        named = {column: cells[place] for column, place in places.items() if place < len(cells) and cells[place]}
        if named:
            records.append(Record(number, {**dict.fromkeys(REQUIRED, ""), **named}))
    if len(records) > MOST_ROWS:
        raise UnreadableFile(f"The roster has {len(records):,} rows, more than {MOST_ROWS:,}: split it by service.")
    return RosterTable(tuple(records), frozenset(places), ignored)


def _has_headings(lines: Sequence[_Line]) -> bool:
    try:
        return bool(_find_headings(lines))
    except UnreadableFile:
        return False


def _find_headings(lines: Sequence[_Line]) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """How many lines stand above the first person, the place of each column that we know, and the other headings."""
    best: set[str] = set()
    for below, headings in _candidates([cells for _, cells in lines[:LINES_BEFORE_HEADER]]):
        known = [heading for heading in headings if heading in _KNOWN]
        found = {_KNOWN[heading] for heading in known}
        if found >= REQUIRED:
            if repeated := sorted({heading for heading in known if known.count(heading) > 1}):
                raise UnreadableFile(f"The roster has the column {', '.join(repeated)} twice.")
            places = {column: _first_of(HEADINGS[column], headings) for column in found}
            ignored = tuple(each for place, each in enumerate(headings) if each and place not in places.values())
            return below, places, ignored
        best = max(best, found, key=len)
    missing = sorted(REQUIRED - best)
    also = "; ".join(f"{column} may be called {', '.join(HEADINGS[column][1:4])}" for column in missing)
    raise UnreadableFile(f"The roster has no column {', '.join(missing)} ({also}). It may have: {', '.join(HEADINGS)}.")


def _candidates(lines: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each line as headings, then each with the one above it, as where cells are merged over two lines."""
    headings = [[_heading(cell) for cell in line] for line in lines]
    for below, line in enumerate(headings, 1):
        yield below, line
    for below, (upper, lower) in enumerate(pairwise(headings), 2):
        width = max(len(upper), len(lower))
        padded = [[*line, *[""] * (width - len(line))] for line in (upper, lower)]
        yield below, [under or over for over, under in zip(*padded, strict=True)]


def _first_of(names: Sequence[str], headings: Sequence[str]) -> int:
    return headings.index(next(name for name in names if name in headings))


def _heading(cell: str) -> str:
    return "_".join(re.split(r"[\s_-]+", cell.strip("*: ").lower()))


def _sheets(content: bytes) -> list[list[_Line]]:
    """Numbered lines of cells without stray blanks; a text file is one sheet."""
    is_workbook = content.startswith(b"PK\x03\x04")
    sheets = _workbook_sheets(content) if is_workbook else [list(_text_rows(_decode(content)))]
    return [
        [(number, [" ".join(_INVISIBLE.sub("", cell).split()) for cell in row]) for number, row in rows]
        for rows in sheets
    ]


def _text_rows(text: str) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableFile(f"The roster cannot be read near line {reader.line_num}: {error}.") from error


def _decode(content: bytes) -> str:
    if content.startswith(_OLD_WORKBOOK):
        raise UnreadableFile("The roster is an .xls or an encrypted workbook: save it as .xlsx without a password.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise UnreadableFile("The roster begins as UTF-16 and does not go on so: save it as CSV again.") from error
    if b"\x00" in content:
        raise UnreadableFile("The roster is not a text file: save it as CSV or as an Excel workbook (.xlsx).")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """The one that the line with most separators of a kind has, among the lines where headings may be."""
    head = text.split("\n", LINES_BEFORE_HEADER)[:LINES_BEFORE_HEADER]
    return max(_SEPARATORS, key=lambda separator: max(line.count(separator) for line in head))


def _workbook_sheets(content: bytes) -> list[list[_Line]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - it brings numpy, which pages do without

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > LARGEST_UNPACKED_BYTES:
            raise UnreadableFile(f"The workbook unpacks to {unpacked / 1e6:.0f} MB, far more than a roster needs.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it does not know of a workbook's looks is no concern of ours
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            return [list(_sheet_rows(sheet)) for sheet in book.worksheets[:MOST_SHEETS]]
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile("The roster is no workbook that can be read: save it again, or as CSV.") from error


def _sheet_rows(sheet: Worksheet) -> Iterator[_Line]:
    rows = sheet.iter_rows(max_row=MOST_ROWS + LINES_BEFORE_HEADER + 1, max_col=MOST_COLUMNS, values_only=True)
    for number, row in enumerate(rows, 1):
        yield number, [_text(value) for value in row]


def _text(value: object) -> str:
    """What whoever typed a cell meant: a day is a day, and a number has no decimals that nobody typed."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
