"""Whatever a council sends is read, and what cannot be read is said in a sentence."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from survey_app.use_cases import roster_tables
from survey_app.use_cases.errors import UnreadableFile
from survey_app.use_cases.roster_files import read_roster
from survey_app.use_cases.roster_tables import HEADINGS, read_table

PLAIN = ["staff_ref", "email", "team", "service_area", "name"]
SIOBHAN = ["A1", "siobhan@staff.example.org", "Team A", "Early Help", "Siobhán O’Neill-Łuczak"]


def text(*lines, separator=",", encoding="utf-8"):
    return "\r\n".join(separator.join(line) for line in lines).encode(encoding)


def workbook(*sheets):
    book = Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        for line in lines:
            sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def the_row(content):
    roster = read_roster(content)
    assert roster.refused == ()
    (row,) = roster.rows
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_encoding_and_separator(encoding, separator):
    marks = {"utf-16-le-bom": ("utf-16-le", b"\xff\xfe"), "utf-16-be-bom": ("utf-16-be", b"\xfe\xff")}
    codec, mark = marks.get(encoding, (encoding, b""))
    row = the_row(mark + text(PLAIN, SIOBHAN, separator=separator, encoding=codec))
    assert (row.name, row.line) == ("Siobhán O’Neill-Łuczak", 2)


def test_blanks_that_nobody_sees_are_no_part_of_a_cell():
    row = the_row(text(["\ufeffstaff_ref\u200b ", *PLAIN[1:]], ["\u00a0A1\u200b", " siobhan@staff.example.org\u00a0",
                       "Team\u00a0 A", "Early\u00adHelp", ""]))  # fmt: skip
    assert (row.staff_ref, row.email, row.team, row.service_area) == (
        "A1", "siobhan@staff.example.org", "Team A", "EarlyHelp",
    )  # fmt: skip


def test_titles_above_the_headings_are_passed_over_and_lines_are_counted_as_people_see_them():
    row = the_row(text(["Staff list, Northtown"], [], ["As at 1 June 2026", "", ""], PLAIN, [], SIOBHAN))
    assert row.line == 6


def test_headings_merged_over_two_lines():
    row = the_row(
        workbook(
            [
                ["Children’s services"],
                ["Payroll number", "Contact", None, "Where", None],
                [None, "Work e-mail", "Mobile phone", "Team", "Service"],
                [1234, "siobhan@staff.example.org", 7700900123, "Team A", "Early Help"],
            ]
        )
    )
    assert (row.staff_ref, row.mobile, row.team, row.service_area) == ("1234", "+447700900123", "Team A", "Early Help")


@pytest.mark.parametrize(
    ("column", "heading"), [(column, name) for column, names in HEADINGS.items() for name in names]
)
def test_what_councils_call_a_column(column, heading):
    others = [name for name in ("staff_ref", "email", "team", "service_area") if name != column]
    table = read_table(text([heading.replace("_", " ").title() + "*", *others], ["x"] * (len(others) + 1)))
    assert table.columns == {*others, column}
    assert table.ignored == ()


def test_of_two_names_for_a_column_the_closer_is_taken_and_the_other_is_said():
    roster = read_roster(text([*PLAIN, "Department", "Grade"], [*SIOBHAN, "Children’s Services", "7"]))
    assert roster.rows[0].service_area == "Early Help"
    assert roster.oddities == ("Not read, because no column here is called so: department, grade.",)


def test_a_workbook_whose_first_sheet_says_how_to_fill_it_in():
    row = the_row(workbook([["How to use this workbook"]], [[*PLAIN, "start date"], [*SIOBHAN, datetime(2026, 1, 5)]]))  # noqa: DTZ001
    assert (row.name, row.started_on) == ("Siobhán O’Neill-Łuczak", date(2026, 1, 5))


def test_a_workbook_with_a_day_alone_and_a_number_with_decimals():
    row = the_row(workbook([[*PLAIN, "left_on"], [12.5, *SIOBHAN[1:], date(2026, 1, 5)]]))
    assert (row.staff_ref, row.left_on) == ("12.5", date(2026, 1, 5))


def swollen():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", "is an .xls or an encrypted workbook"),
        (b"\xff\xfea", "begins as UTF-16"),
        (b"staff_ref\x00,email", "is not a text file"),
        (b"PK\x03\x04 no workbook", "is no workbook that can be read"),
        (swollen(), "unpacks to 60 MB"),
        (text(["staff_ref", "e-mail", "Team"]), "service_area may be called service, service_name, area"),
        (text([*PLAIN, "Team"]), "has the column team twice"),
        (b"x" * 5_000_001, "has 5.0 MB, more than 5"),
        (workbook([["nothing"]], [["of use"]]), "has no column email, service_area, staff_ref, team"),
    ],
)
def test_what_is_no_roster_says_why(content, says):
    with pytest.raises(UnreadableFile, match=says):
        read_roster(content)


def test_more_rows_than_any_authority_has_staff_are_refused(monkeypatch):
    monkeypatch.setattr(roster_tables, "MOST_ROWS", 2)
    with pytest.raises(UnreadableFile, match="has 3 rows, more than 2"):
        read_roster(text(PLAIN, SIOBHAN, SIOBHAN, SIOBHAN))


@given(st.binary(max_size=300) | st.text(max_size=300).map("staff_ref,email,team,area\n{}".format).map(str.encode))
def test_no_file_breaks_the_reader(content):
    with suppress(UnreadableFile):
        assert len(read_roster(content).rows) <= content.count(b"\n") + content.count(b"\r")
