from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import event, select

from dashboards.snapshots import Level
from survey_app.extensions import db, vault
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.errors import KeyTaken, TooManyLeavers, UnknownGroup, UnreadableFile
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.roster_changes import Move
from survey_app.use_cases.roster_files import read_roster
from survey_app.use_cases.roster_staff import OFF_ROSTER
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


def bring_in(*rows, day=DAY, **options):
    return import_roster("northtown", roster_file(rows), day, vault(), **options)


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


ROUNDED = "mobile was rounded by a spreadsheet: format the column as text and fill it in again"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": "nonsense"}, "email is not an email address"),
        ({"email": "", "mobile": ""}, "email has neither an email address nor a mobile number"),
        ({"mobile": "020 7946 0000"}, "mobile is not a mobile number"),
        ({"mobile": "+353 85 012 3456"}, "mobile is a number of another country than GB, GG, IM, JE"),
        ({"mobile": "070 1234 5678"}, "mobile is not a mobile number"),
        ({"mobile": "ring me"}, "mobile is not a phone number"),
        ({"staff_ref": " "}, "staff_ref is empty"),
        ({"team": ""}, "team is empty"),
        (
            {"mobile": "4.47701E+11"},
            "mobile was rounded by a spreadsheet: format the column as text and fill it in again",
        ),
        ({"started_on": "2026-06-01", "left_on": "1 May 2026"}, "left_on is before started_on"),
        ({"hours": "nights"}, "hours cannot be used: 'nights' is not written like Mon-Sun 14:00-22:00."),
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


@pytest.mark.parametrize(
    "written", ["2026-01-05", "05/01/2026", "5.1.2026", "05-01-2026", "5 Jan 2026", "5 January 2026", "05/01/26",
                "2026-01-05 00:00:00"],
)  # fmt: skip
def test_days_as_people_write_them(northtown, written):
    bring_in({**AMARA, "started_on": written})
    assert db.session.scalars(select(Membership.started_on)).all() == [date(2026, 1, 5)]


def test_details_that_changed_are_counted_and_a_column_that_is_not_there_changes_nothing(northtown):
    bring_in({**AMARA, "language": "Cymraeg", "role": "Practitioner", "hours": "Mon-Fri 14:00-22:00"})
    report = bring_in({name: AMARA[name] for name in ("staff_ref", "email", "team", "service_area")})
    assert (report.unchanged, report.updated) == (1, 0)
    amara = db.session.scalars(select(Participant)).one()
    assert (amara.language, amara.role, amara.hours) == ("cy", "Practitioner", "Mon-Fri 14:00-22:00")
    assert vault().decrypt(amara.name_encrypted) == AMARA["name"]
    assert bring_in({**AMARA, "name": "", "role": "Manager", "language": "", "hours": ""}).updated == 1
    assert (amara.language, amara.role, amara.hours, amara.name_encrypted) == ("en", "Manager", None, None)


def test_an_empty_cell_takes_an_address_away_and_the_same_address_brings_it_back(northtown):
    bring_in(AMARA)
    assert bring_in({**AMARA, "mobile": ""}).updated == 1
    assert bring_in({**AMARA, "mobile": ""}).updated == 0
    mobile = db.session.scalars(select(ContactPoint).where(ContactPoint.channel == "sms")).one()
    assert mobile.invalid_code == OFF_ROSTER
    assert bring_in(AMARA).updated == 1
    assert mobile.invalid_code is None


def test_an_address_that_a_provider_gave_up_is_not_brought_back_by_a_roster(northtown):
    bring_in(AMARA)
    mobile = db.session.scalars(select(ContactPoint).where(ContactPoint.channel == "sms")).one()
    mobile.invalid_code = "21211"
    bring_in({**AMARA, "mobile": ""})
    bring_in(AMARA)
    assert mobile.invalid_code == "21211"
    bring_in({**AMARA, "mobile": "07700 900124"})
    assert mobile.invalid_code is None


def test_who_is_not_in_a_file_that_names_everybody_has_left(northtown):
    bring_in(AMARA, BILAL)
    report = bring_in(AMARA, day=date(2026, 7, 1), absent_have_left=True)
    assert (report.left, report.absent, report.unchanged) == (1, 1, 1)
    (gone,) = report.of(Move.LEFT)
    assert (gone.staff_ref, gone.line, str(gone.before)) == ("A2", None, "Team B, Early Help")
    assert bring_in(AMARA, day=date(2026, 7, 2), absent_have_left=True).left == 0
    back = bring_in(AMARA, BILAL, day=date(2026, 8, 1), absent_have_left=True)
    assert (back.joined, back.unchanged) == (1, 1)
    stays = [(row.started_on, row.ended_on) for row in db.session.scalars(select(Membership).order_by(Membership.id))]
    assert stays == [(DAY, None), (DAY, date(2026, 7, 1)), (date(2026, 8, 1), None)]


def test_a_file_that_does_not_say_so_makes_nobody_leave_and_a_refused_row_is_no_absence(northtown):
    bring_in(AMARA, BILAL)
    assert bring_in(AMARA).left == 0
    assert bring_in(AMARA, {**BILAL, "email": "nonsense"}, absent_have_left=True).left == 0


def test_a_file_that_lacks_too_many_is_believed_only_when_told_so(northtown):
    people = [{**BILAL, "staff_ref": f"B{number}", "email": f"b{number}@staff.example.org"} for number in range(10)]
    bring_in(*people)
    assert bring_in(*people[:4], dry_run=True, absent_have_left=True).is_suspicious
    with pytest.raises(TooManyLeavers, match="6 of 10 people are not in the file"):
        bring_in({**people[0], "team": "Team Z"}, *people[1:4], absent_have_left=True)
    assert bring_in(*people).unchanged == 10, "nothing was half imported"
    assert bring_in(*people[:4], absent_have_left=True, however_many=True).left == 6


def test_a_last_day_to_come_is_kept_moved_and_taken_back(northtown):
    soon, later = "2026-07-31", "2026-08-31"
    assert bring_in({**AMARA, "left_on": soon}).joined == 1
    assert bring_in({**AMARA, "left_on": soon}).unchanged == 1
    assert bring_in({**AMARA, "left_on": later}).left == 1
    assert bring_in(AMARA).unchanged == 1, "a file without the column says nothing of it"
    stay = db.session.scalars(select(Membership)).one()
    assert (stay.started_on, stay.ended_on) == (DAY, date(2026, 8, 31))
    assert bring_in({**AMARA, "left_on": ""}).unchanged == 1
    assert stay.ended_on is None
    assert bring_in({**AMARA, "team": "Team B", "left_on": later}, day=date(2026, 7, 1)).moved == 1
    assert bring_in({**AMARA, "team": "Team B", "left_on": "2020-01-01"}, day=date(2026, 7, 1)).left == 1
    last = db.session.scalars(select(Membership).order_by(Membership.id.desc())).first()
    assert (last.started_on, last.ended_on) == (date(2026, 7, 1), date(2026, 7, 1)), "no stay ends before it began"


def test_somebody_who_left_before_they_were_known_is_not_written_down(northtown):
    assert bring_in({**AMARA, "left_on": "2020-01-01"}).unchanged == 1
    assert db.session.scalars(select(Participant)).all() == []


def test_a_dry_run_names_new_teams_and_spellings_that_differ_in_capitals_are_one_team(northtown):
    first = bring_in(AMARA, {**BILAL, "team": "TEAM A", "service_area": "early help"}, dry_run=True)
    assert first.new_groups == ("service area Early Help", "team Team A, Early Help")
    bring_in(AMARA, {**BILAL, "team": "TEAM A", "service_area": "early help"})
    again = bring_in({**AMARA, "team": "team a"}, {**BILAL, "team": "Team B"}, dry_run=True)
    assert (again.unchanged, again.moved, again.new_groups) == (1, 1, ("team Team B, Early Help",))


def test_phones_and_mailboxes_that_several_share_are_said(northtown):
    shared = {**BILAL, "mobile": "07700 900123"}
    report = bring_in(
        AMARA,
        {**shared, "staff_ref": "A3", "email": "c@staff.example.org"},
        {**shared, "staff_ref": "A4", "email": "", "mobile": "07700 900200"},
        {**shared, "staff_ref": "A5", "email": "", "mobile": "+44 7700 900200"},
        {**BILAL, "staff_ref": "A6", "email": "Amara@staff.example.org"},
    )
    assert report.joined == 5
    assert report.oddities == (
        "Lines 2 and 6 have the same email address: they count as one person, who is asked once.",
        "Lines 4 and 5 have the same mobile number and no email address: they count as one person, who is asked once.",
        "Lines 2 and 3 have the same mobile number: whoever holds that phone sees the links of all of them.",
    )


def test_two_imports_at_once_are_one_after_the_other(app, northtown):
    content = roster_file([AMARA, BILAL])
    db.session.commit()

    def once(_):
        with app.app_context():
            return import_roster("northtown", content, DAY, vault())

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(once, range(4)))
    assert sorted(report.joined for report in reports) == [0, 0, 0, 2]
    assert len(db.session.scalars(select(Membership)).all()) == 2


def test_how_many_questions_the_database_is_asked_does_not_grow_with_the_file(northtown):
    def statements(size):
        people = [
            {
                **AMARA,
                "staff_ref": f"{size}-{each}",
                "email": f"{size}-{each}@staff.example.org",
                "team": f"T{each // 9}",
            }
            for each in range(size)
        ]
        asked = []

        def listener(*arguments):
            asked.append(arguments[2].startswith("SELECT"))

        event.listen(db.engine, "before_cursor_execute", listener)
        bring_in(*people)
        event.remove(db.engine, "before_cursor_execute", listener)
        return sum(asked)

    statements(9)  # from then on there are groups on every level to be looked for
    assert statements(200) == statements(20)


def test_numbers_of_other_countries_come_in_where_a_setting_says_so():
    irish = roster_file([{**AMARA, "mobile": "+353 85 012 3456"}])
    assert len(read_roster(irish, {"GB", "IE"}).rows) == 1
    assert len(read_roster(roster_file([{**AMARA, "mobile": "07911 123456"}])).rows) == 1, "of Guernsey"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_council_sends_is_read(encoding, separator):
    lines = [
        separator.join(["Service Area", "TEAM", " staff-ref", "E-mail", "email", "Name", "Started_on"]),
        separator.join(["Early  Help", " Team A ", "A1", "", "amara@staff.example.org", "Zoë", "2026-01-05"]),
        separator.join([""] * 7),
        "",
    ]
    roster = read_roster("\r\n".join(lines).encode(encoding))
    assert roster.refused == ()
    assert [(row.service_area, row.team, row.name, row.started_on) for row in roster.rows] == [
        ("Early Help", "Team A", "Zoë", date(2026, 1, 5))
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no column email, service_area, staff_ref, team"),
        (b"staff_ref,email,team\n", "has no column service_area"),
        (b"staff_ref,email,team,service_area,team\n", "has the column team twice"),
        (b"PK\x03\x04\x00\x00", "is no workbook that can be read"),
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
    (row,) = read_roster(roster_file([AMARA])).rows
    assert not [value for value in ("Amara", "amara@", "7700") if value in repr(row)]
