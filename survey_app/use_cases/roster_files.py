"""Read a roster file: whatever separator and encoding a council sends, a reason for each refused row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from notifications.errors import UnusableWindow
from notifications.windows import read_hours
from survey_app.use_cases.roster_tables import read_table

HOME_COUNTRIES = frozenset({"GB", "GG", "IM", "JE"})
LONGEST_CELL = 200
_FICTIONAL_MOBILES = "+447700900"
_ROUNDED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
_DAY_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%d/%m/%y")
_MIDNIGHT = re.compile(r"[ T]00:00(:00)?$")
_LANGUAGES = {"en": "en", "english": "en", "cy": "cy", "welsh": "cy", "cymraeg": "cy"}


@dataclass(frozen=True)
class RosterRow:
    """One member of staff as a line of a roster describes them."""

    line: int
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
    hours: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not used, and why. Carries no name and no address."""

    line: int
    reason: str


@dataclass(frozen=True)
class Roster:
    """What a file holds: rows to be used, rows that cannot be and why, and what looks odd but may be right.

    `named` are the staff references of all rows, refused ones too: nobody in the file is absent from it. What a
    column that the file does not have would say, stays as it is.
    """

    rows: tuple[RosterRow, ...]
    refused: tuple[RefusedRow, ...]
    oddities: tuple[str, ...]
    named: frozenset[str]
    columns: frozenset[str]


def read_roster(content: bytes, countries: Collection[str] = HOME_COUNTRIES) -> Roster:
    """Split a roster file into rows that can be used and rows that cannot.

    Mobile numbers are those of `countries`, by their two-letter codes.

    Raises
    ------
    UnreadableFile
        The file is no table, or lacks a column; the sentence says which.
    """
    table = read_table(content)
    rows: list[RosterRow] = []
    refused: list[RefusedRow] = []
    seen: dict[str, int] = {}
    for record in table.records:
        try:
            row: RosterRow = _SCHEMA.load({**record.cells, "line": record.line})
            require_home_number(row.mobile, countries)
            _refuse_repetition(row, record.line, seen)
        except ValidationError as error:
            refused.append(RefusedRow(record.line, "; ".join(_reasons(error))))
        else:
            rows.append(row)
    named = frozenset(record.cells["staff_ref"] for record in table.records)
    return Roster(tuple(rows), tuple(refused), tuple(_oddities(rows, table.ignored)), named, table.columns)


def _oddities(rows: Sequence[RosterRow], ignored: Sequence[str]) -> Iterator[str]:
    if ignored:
        yield f"Not read, because no column here is called so: {', '.join(ignored)}."
    for lines in _alike(rows, "email"):
        yield f"{lines} have the same email address: they count as one person, who is asked once."
    for lines in _alike([row for row in rows if not row.email], "mobile"):
        yield (
            f"{lines} have the same mobile number and no email address: they count as one person, who is asked once."
        )
    for lines in _alike([row for row in rows if row.email], "mobile"):
        yield f"{lines} have the same mobile number: whoever holds that phone sees the links of all of them."


def _alike(rows: Sequence[RosterRow], column: str) -> Iterator[str]:
    """Lines that say the same in a column, in words."""
    lines: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if value := getattr(row, column):
            lines[value.casefold()].append(row.line)
    for alike in lines.values():
        if len(alike) > 1:
            yield f"Lines {', '.join(str(line) for line in alike[:-1])} and {alike[-1]}"


def require_home_number(number: str, countries: Collection[str]) -> None:
    """Refuse a mobile number of another country than these, unless it is one of films. Raises `ValidationError`."""
    if not number or number.startswith(_FICTIONAL_MOBILES):
        return
    if phonenumbers.region_code_for_number(phonenumbers.parse(number)) not in countries:
        raise ValidationError(f"is a number of another country than {', '.join(sorted(countries))}", "mobile")


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
        return validate_email(value.removeprefix("mailto:"), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValidationError("is not an email address") from error


def read_mobile(value: str) -> str:
    """A mobile number as every provider takes it: +447700900123. Raises marshmallow's `ValidationError`."""
    if _ROUNDED.fullmatch(value):
        raise ValidationError("was rounded by a spreadsheet: format the column as text and fill it in again")
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
    if value.lower() not in _LANGUAGES:
        raise ValidationError("is neither en nor cy")
    return _LANGUAGES[value.lower()]


def _hours(value: str) -> str:
    try:
        read_hours(value)
    except UnusableWindow as error:
        raise ValidationError(f"cannot be used: {error}") from error
    return value


def _day(value: str) -> date:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(_MIDNIGHT.sub("", value), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValidationError("is not a date such as 2026-09-01")


class _RosterRowSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    line = fields.Integer(required=True)
    staff_ref = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    team = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    service_area = fields.String(required=True, validate=validate.Length(min=1, error="is empty"))
    email = fields.Function(deserialize=_email)
    mobile = fields.Function(deserialize=read_mobile)
    name = fields.String()
    role = fields.String()
    language = fields.Function(deserialize=_language)
    started_on = fields.Function(deserialize=_day)
    left_on = fields.Function(deserialize=_day)
    hours = fields.Function(deserialize=_hours)

    @post_load
    def _build(self, loaded: dict[str, object], **_: object) -> RosterRow:
        row = RosterRow(**loaded)  # type: ignore[arg-type]
        if not row.email and not row.mobile:
            raise ValidationError("has neither an email address nor a mobile number", "email")
        if row.started_on and row.left_on and row.left_on < row.started_on:
            raise ValidationError("is before started_on", "left_on")
        return row


_SCHEMA = _RosterRowSchema()
