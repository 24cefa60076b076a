"""The log is read by whoever may, searched, and downloaded without a cell that a spreadsheet would compute."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.accounts import Role
from survey_app.use_cases.auditing import note_now
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.people import add_account
from tests.factories import MONDAY, signed_in
from tests.people import BEN, DEV, Person

GIL = Person("Gil", "gil@example.org")


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    add_account(GIL.name, GIL.email, Role.GOVERNANCE_READER, "northtown", studio.vault)
    note_now("Dev", "pause wave", "wave-1", MONDAY, because="snow")
    note_now("=cmd", "order export", "northtown-team-a", MONDAY + timedelta(days=1), format="csv")
    return studio


def test_a_lead_of_the_only_programme_reads_and_searches_everything(programme):
    dev = signed_in(programme, DEV)
    page = dev.get("/manage/log").text
    assert "pause wave" in page
    assert "because: snow" in page
    found = dev.get("/manage/log?actor=dev&action=pause+wave&since=2026-06-01&until=2026-06-01").text
    assert "1 entry" in found
    assert "snow" in found
    assert "Nothing like that was done." in dev.get("/manage/log?until=2026-05-31").text
    assert "Nothing like that was done." in dev.get("/manage/log?subject=%25").text, "a wildcard is a letter"
    wrong = dev.get("/manage/log?since=yesterday")
    assert wrong.status_code == 400
    assert "Write a day as 2026-11-28" in wrong.text


def test_it_comes_in_pages(programme):
    for number in range(101):
        note_now("Dev", "count", f"thing-{number}", MONDAY + timedelta(minutes=number))
    dev = signed_in(programme, DEV)
    first = dev.get("/manage/log?action=count").text
    assert "101 entries, page 1 of 2" in first
    assert "thing-100<" in first
    assert "thing-0<" not in first
    assert "thing-0<" in dev.get("/manage/log?action=count&page=2").text
    assert dev.get("/manage/log?page=-1").status_code == 200


def test_a_download_is_safe_in_a_spreadsheet_and_is_written_down(programme):
    dev = signed_in(programme, DEV)
    file = dev.post("/manage/log/export", data={"action": "order export"})
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert rows[0] == ["happened_at", "actor", "action", "subject", "detail"]
    assert rows[1][1:] == ["'=cmd", "order export", "northtown-team-a", "format: csv"]
    assert len(rows) == 2
    assert "export log" in dev.get("/manage/log").text
    assert dev.post("/manage/log/export", data={"since": "x"}).status_code == 400


def test_a_reader_of_one_authority_reads_what_is_theirs_and_lands_there(programme):
    gil = signed_in(programme, GIL)
    assert gil.get("/").headers["Location"] == "/manage/log"
    page = gil.get("/manage/log").text
    assert "order export" in page
    assert ">pause wave<" not in page, "no wave of theirs has this key"


def test_a_lead_of_one_of_two_programmes_reads_nothing_of_the_other(programme):
    add_group("another", "Another programme", Level.PROGRAMME)
    note_now("Zoe", "end role", "another", datetime.now(UTC))
    dev = signed_in(programme, DEV)
    page = dev.get("/manage/log").text
    assert "Zoe" not in page
    assert "order export" in page


def test_nobody_else_finds_it(programme):
    ben = signed_in(programme, BEN)
    assert ben.get("/manage/log").status_code == 404
    assert ben.post("/manage/log/export").status_code == 404
    db.session.rollback()
