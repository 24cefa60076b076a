from datetime import date

import pytest
from sqlalchemy import select

from dashboards.snapshots import Level
from survey_app.extensions import db, vault
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.errors import KeyTaken, UnknownGroup, UnreadableFile
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.roster_files import read_roster
from tests.factories import roster_file

DAY = date(2026, 6, 1)
AMARA = {
    "staff_ref": "A1",
    "name": "Amara O'Brien-Nuñez",
    "email": "amara@staff.example.org",
    "mobile": "07700 900123",
    "team": "Team A",
    "service_area": "Early Help",
}
BILAL = {"staff_ref": "A2", "email": "bilal@staff.example.org", "team": "Team B", "service_area": "Early Help"}


@pytest.fixture
def northtown(app):
    add_group("crescendo", "Crescendo", Level.PROGRAMME)
    add_group("northtown", "Northtown", Level.AUTHORITY, "crescendo")


def bring_in(*rows, day=DAY, dry_run=False):
    return import_roster("northtown", roster_file(rows), day, vault(), dry_run=dry_run)


def test_joiners_get_their_team_and_encrypted_contact_details(northtown):
    report = bring_in(AMARA, BILAL)

    assert (report.joined, report.moved, report.left, report.unchanged) == (2, 0, 0, 0)
    keys = set(db.session.scalars(select(Group.key)))
    assert keys == {"crescendo", "northtown", "northtown-early-help", "northtown-team-a", "northtown-team-b"}
    amara = db.session.scalar(select(Participant).where(Participant.staff_ref == "A1"))
    assert vault().decrypt(amara.name_encrypted) == "Amara O'Brien-Nuñez"
    mobile = db.session.scalar(select(ContactPoint).where(ContactPoint.channel == "sms"))
    assert vault().decrypt(mobile.address_encrypted) == "+447700900123"
    assert mobile.address_hash == vault().address_hash("+447700900123")


def test_the_same_file_again_changes_nothing(northtown):
    bring_in(AMARA, BILAL)
    before = [(row.id, row.started_on) for row in db.session.scalars(select(Membership))]
    report = bring_in(AMARA, BILAL, day=date(2026, 7, 1))
    assert (report.joined, report.unchanged) == (0, 2)
    assert [(row.id, row.started_on) for row in db.session.scalars(select(Membership))] == before


def test_a_mover_ends_one_membership_and_begins_another_and_a_leaver_ends_the_last(northtown):
    bring_in(AMARA)
    moved = bring_in({**AMARA, "team": "Team B"}, day=date(2026, 7, 1))
    left = bring_in({**AMARA, "team": "Team B", "left_on": "31/08/2026"}, day=date(2026, 9, 1))
    again = bring_in({**AMARA, "team": "Team B", "left_on": "31/08/2026"}, day=date(2026, 9, 1))
    assert (moved.moved, left.left, again.unchanged) == (1, 1, 1)
    dates = [(row.started_on, row.ended_on) for row in db.session.scalars(select(Membership).order_by(Membership.id))]
    assert dates == [(DAY, date(2026, 7, 1)), (date(2026, 7, 1), date(2026, 8, 31))]


def test_a_new_address_replaces_the_old_one(northtown):
    bring_in(AMARA)
    bring_in({**AMARA, "email": "amara.new@staff.example.org", "name": "Amara Nuñez"})
    mail = db.session.scalars(select(ContactPoint).where(ContactPoint.channel == "email")).one()
    assert vault().decrypt(mail.address_encrypted) == "amara.new@staff.example.org"


def test_a_dry_run_says_what_would_happen_and_changes_nothing(northtown):
    assert bring_in(AMARA, dry_run=True).joined == 1
    assert db.session.scalars(select(Participant)).all() == []


def test_two_teams_of_the_same_name_in_two_service_areas_have_two_keys(northtown):
    bring_in(AMARA, {**BILAL, "team": "Team A", "service_area": "Duty"})
    assert {"northtown-team-a", "northtown-duty-northtown-team-a"} <= set(db.session.scalars(select(Group.key)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": "nonsense"}, "email is not an email address"),
        ({"email": "", "mobile": ""}, "email has neither an email address nor a mobile number"),
        ({"mobile": "020 7946 0000"}, "mobile is not a mobile number"),
        ({"mobile": "ring me"}, "mobile is not a phone number"),
        ({"staff_ref": " "}, "staff_ref is empty"),
        ({"team": ""}, "team is empty"),
        ({"started_on": "last week"}, "started_on is not a date such as 2026-09-01"),
        ({"language": "fr"}, "language is neither en nor cy"),
        ({"team": "x" * 201}, "row is longer than 200 characters"),
        ({"staff_ref": "A2"}, "staff_ref stands in line 2 already"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason_and_the_others_come_in(northtown, changes, reason):
    report = bring_in(BILAL, {**AMARA, "started_on": "", "language": "", **changes})
    assert report.joined == 1
    assert [(row.line, row.reason) for row in report.refused] == [(3, reason)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_council_sends_is_read(encoding, separator):
    lines = [
        separator.join(["Service Area", "TEAM", " staff-ref", "E-mail", "email", "Name", "Started_on"]),
        separator.join(["Early  Help", " Team A ", "A1", "", "amara@staff.example.org", "Zoë", "2026-01-05"]),
        separator.join([""] * 7),
        "",
    ]
    rows, refused = read_roster("\r\n".join(lines).encode(encoding))
    assert refused == []
    assert [(row.service_area, row.team, row.name, row.started_on) for row in rows] == [
        ("Early Help", "Team A", "Zoë", date(2026, 1, 5))
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no column email, service_area, staff_ref, team"),
        (b"staff_ref,email,team\n", "has no column service_area"),
        (b"staff_ref,email,team,service_area,team\n", "has the column team twice"),
        (b"PK\x03\x04\x00\x00", "is not a text file"),
        (b'staff_ref,email,team,service_area\nA1,"' + b"x" * 200_000, "cannot be read near line"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_whole(northtown, content, says):
    with pytest.raises(UnreadableFile, match=says):
        import_roster("northtown", content, DAY, vault())


def test_an_unknown_authority_is_named(app):
    with pytest.raises(UnknownGroup, match="There is no authority with the key 'nowhere'"):
        import_roster("nowhere", roster_file([AMARA]), DAY, vault())


def test_a_key_can_be_used_once(northtown):
    with pytest.raises(KeyTaken):
        add_group("northtown", "Again", Level.AUTHORITY, "crescendo")


def test_what_is_printed_of_a_row_holds_no_name_and_no_address():
    (row,), _ = read_roster(roster_file([AMARA]))
    assert not [value for value in ("Amara", "amara@", "7700") if value in repr(row)]
