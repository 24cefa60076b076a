"""Read a roster file: whatever separator and encoding a council sends, a reason for each refused row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from survey_app.use_cases.errors import UnreadableFile

COLUMNS = (
    "staff_ref",
    "name",
    "email",
    "mobile",
    "team",
    "service_area",
    "role",
    "language",
    "started_on",
    "left_on",
)
REQUIRED_COLUMNS = frozenset({"staff_ref", "email", "team", "service_area"})
LONGEST_CELL = 200
_FICTIONAL_MOBILES = "+447700900"


@dataclass(frozen=True)
class RosterRow:
    """One member of staff as a roster describes them."""

    staff_ref: str
    team: str
    service_area: str
    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    role: str = ""
    language: str = "en"
    started_on: date | None = None
    left_on: date | None = None


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not used, and why. Carries no name and no address."""

    line: int
    reason: str


def read_roster(content: bytes) -> tuple[list[RosterRow], list[RefusedRow]]:
    """Split a roster file into rows that can be used and rows that cannot.

    Raises
    ------
    UnreadableFile
        The file is no table, or lacks a column; the sentence says which.
    """
    reader = csv.DictReader(io.StringIO(_decode(content)), delimiter=_delimiter(content))
    header = [_plain(name) for name in reader.fieldnames or []]
    if missing := sorted(REQUIRED_COLUMNS - set(header)):
        raise UnreadableFile(f"The roster has no column {', '.join(missing)}. It needs: {', '.join(COLUMNS)}.")
    if repeated := sorted({name for name in header if name in COLUMNS and header.count(name) > 1}):
        raise UnreadableFile(f"The roster has the column {', '.join(repeated)} twice.")
    reader.fieldnames = header
    rows: list[RosterRow] = []
    refused: list[RefusedRow] = []
    seen: dict[str, int] = {}
    for line, cells in _records(reader):
        try:
            row: RosterRow = _SCHEMA.load(cells)
            _refuse_repetition(row, line, seen)
        except ValidationError as error:
            refused.append(RefusedRow(line, "; ".join(_reasons(error))))
        else:
            rows.append(row)
    return rows, refused


def _decode(content: bytes) -> str:
    if b"\x00" in content:
        raise UnreadableFile("The roster is not a text file: save it as CSV.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(content: bytes) -> str:
    header = content.split(b"\n", 1)[0].decode("latin-1")
    return max(",;\t", key=header.count)


def _plain(name: str | None) -> str:
    return "_".join((name or "").strip().lower().replace("-", " ").split())


def _records(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for record in reader:
            cells = {
                key: " ".join((value or "").split())
                for key, value in record.items()
                if key in COLUMNS and isinstance(value, str | None)
            }
            if any(cells.values()):
                yield (
                    reader.line_num,
                    {key: value for key, value in cells.items() if value or key in REQUIRED_COLUMNS},
                )
    except csv.Error as error:
        raise UnreadableFile(f"The roster cannot be read near line {reader.line_num}: {error}.") from error


def _refuse_repetition(row: RosterRow, line: int, seen: dict[str, int]) -> None:
    if any(len(value) > LONGEST_CELL for value in (row.staff_ref, row.team, row.service_area, row.name, row.role)):
        raise ValidationError(f"is longer than {LONGEST_CELL} characters", "row")
    if row.staff_ref in seen:
        raise ValidationError(f"stands in line {seen[row.staff_ref]} already", "staff_ref")
    seen[row.staff_ref] = line


def _reasons(error: ValidationError) -> Iterator[str]:
    messages = error.normalized_messages()
    if isinstance(messages, Mapping):
        for name, reasons in messages.items():
            yield f"{name} {' and '.join(reasons)}"


def _email(value: str) -> str:
    if not value:
        return ""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValidationError("is not an email address") from error


def _mobile(value: str) -> str:
    try:
        number = phonenumbers.parse(value, "GB")
    except phonenumbers.NumberParseException as error:
        raise ValidationError("is not a phone number") from error
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if not (phonenumbers.is_valid_number(number) and mobile) and not written.startswith(_FICTIONAL_MOBILES):
        raise ValidationError("is not a mobile number")
    return str(written)


def _language(value: str) -> str:
    if value.lower() not in {"en", "cy"}:
        raise ValidationError("is neither en nor cy")
    return value.lower()


def _day(value: str) -> date:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValidationError("is not a date such as 2026-09-01")


class _RosterRowSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    staff_ref = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    team = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    service_area = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    email = fields.Function(deserialize=_email)
    mobile = fields.Function(deserialize=_mobile)
    name = fields.String()
    role = fields.String()
    language = fields.Function(deserialize=_language)
    started_on = fields.Function(deserialize=_day)
    left_on = fields.Function(deserialize=_day)

    @post_load
    def _build(self, loaded: dict[str, object], **_: object) -> RosterRow:
        row = RosterRow(**loaded)  # type: ignore[arg-type]
        if not row.email and not row.mobile:
            raise ValidationError("has neither an email address nor a mobile number", "email")
        return row


_SCHEMA = _RosterRowSchema()
