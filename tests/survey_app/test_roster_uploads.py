"""A programme lead uploads a roster, reads what it would change, and then says so."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.participants import Membership, Participant
from survey_app.models.rosters import RosterUpload
from survey_app.use_cases import roster_tables
from survey_app.use_cases.groups import add_group, find_group
from survey_app.use_cases.roster_uploads import authorities_of, forget_uploads
from survey_app.views import rosters
from tests.factories import roster_file, signed_in
from tests.people import BEN, DEV

PEOPLE = [
    {
        "staff_ref": f"New {number}",
        "email": f"new-{number}@staff.example.org",
        "team": "Team A" if number else "Team N",
        "service_area": "Early Help",
    }
    for number in range(3)
]


@pytest.fixture
def dev(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return signed_in(studio, DEV)


def upload(client, content=None, name="staff.csv", **form):
    db.session.rollback()
    file = (io.BytesIO(roster_file(PEOPLE) if content is None else content), name)
    return client.post("/manage/rosters", data={"authority": "northtown", "file": file, **form})


def staff():
    count = db.session.scalar(select(func.count()).select_from(Membership).where(Membership.ended_on.is_(None)))
    db.session.rollback()
    return count


def test_nothing_changes_before_somebody_says_so_and_pressing_twice_imports_once(dev):
    kept = upload(dev)
    assert kept.status_code == 303
    page = dev.get(kept.location)
    for words in ("What staff.csv would change", "Nothing has changed yet", "New here", "Team Team N, Early Help"):
        assert words in page.text
    assert staff() == 12
    row = db.session.scalars(select(RosterUpload)).one()
    assert b"staff.example.org" not in row.content_encrypted
    db.session.rollback()

    assert dev.post(kept.location).status_code == 303
    assert dev.post(kept.location).status_code == 303
    assert staff() == 15
    done = dev.get(kept.location).text
    assert "staff.csv is imported" in done
    assert "New 0" in done
    assert 'name="however_many"' not in done
    row = db.session.scalars(select(RosterUpload)).one()
    assert row.content_encrypted is None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "roster imported")).one()
    assert (entry.actor, entry.detail["joined"]) == (DEV.name, 3)


def test_a_file_that_lacks_most_people_is_imported_only_when_the_box_is_ticked(dev):
    kept = upload(dev, everybody="yes").location
    assert "12 people are not in it" in dev.get(kept).text
    refused = dev.post(kept)
    assert refused.status_code == 400
    assert "Tick the box" in refused.text
    assert staff() == 12
    assert dev.post(kept, data={"however_many": "yes"}).status_code == 303
    assert staff() == 3


@pytest.mark.parametrize(
    ("content", "form", "says"),
    [
        (b"nothing of use", {}, "bad.csv cannot be used"),
        (None, {"authority": "elsewhere"}, "Choose an authority"),
        (b"x" * 50_000, {}, "has 0.1 MB, more than 0"),
    ],
)
def test_what_cannot_be_used_says_why_and_is_not_kept(dev, monkeypatch, content, form, says):
    monkeypatch.setattr(roster_tables, "LARGEST_FILE_BYTES", 40_000)
    answer = upload(dev, content, "bad.csv", **form)
    assert answer.status_code == 400
    assert says in answer.text
    assert db.session.scalars(select(RosterUpload)).all() == []


def test_without_a_file_and_with_too_large_a_one(dev, monkeypatch):
    monkeypatch.setattr(rosters, "LARGEST_FILE_BYTES", 40_000)
    db.session.rollback()
    assert "Choose a file" in dev.post("/manage/rosters", data={"authority": "northtown"}).text
    assert upload(dev, b"x" * 200_000).status_code == 413


def test_refused_lines_and_names_of_files_are_shown_as_text(dev):
    rows = [{**PEOPLE[0], "email": "nonsense"}, {**PEOPLE[1], "team": "<b>Team</b>"}]
    page = dev.get(upload(dev, roster_file(rows), "lists/a<i>.csv").location).text
    assert "Line 2: email is not an email address" in page
    assert "&lt;b&gt;Team&lt;/b&gt;" in page
    assert "What a&lt;i&gt;.csv would change" in page


def test_uploads_are_gone_after_an_hour(dev):
    kept = upload(dev).location
    now = datetime.now(UTC)
    assert forget_uploads(now) == 0
    assert forget_uploads(now + timedelta(hours=1, minutes=1)) == 1
    for answer in (dev.get(kept), dev.post(kept)):
        assert answer.status_code == 404
        assert "This upload is not there any more" in answer.text
    assert staff() == 12


def test_rosters_are_for_programme_leads_and_their_own_programme(dev, studio, app):
    kept = upload(dev).location
    add_group("elsewhere", "Another programme", Level.PROGRAMME)
    add_group("far", "Far", Level.AUTHORITY, "elsewhere")
    foreign = upload(dev, authority="far")
    assert (foreign.status_code, "Choose an authority" in foreign.text) == (400, True)
    far = find_group("far", Level.AUTHORITY).id
    db.session.execute(update(RosterUpload).values(authority_id=far))
    db.session.commit()
    assert dev.get(kept).status_code == 404
    db.session.commit()
    other = signed_in(studio, BEN)
    for path in ("/manage/rosters", "/manage/rosters/example.csv", kept):
        assert other.get(path).status_code == 404
    assert other.post(kept).status_code == 404
    assert app.test_client().get("/manage/rosters").status_code in {302, 303}


def test_the_example_can_be_brought_in_as_it_is(dev):
    example = dev.get("/manage/rosters/example.csv").data
    page = dev.get(upload(dev, example).location).text
    assert "<strong>1</strong> joins" in page
    assert "<strong>0</strong> lines refused" in page


def test_authorities_are_listed_with_who_works_there(dev):
    (line,) = authorities_of("crescendo", datetime.now(UTC).date())
    assert (line.key, line.name, line.staff) == ("northtown", "Northtown", 12)
    someone = db.session.scalars(select(Participant.id)).first()
    today = datetime.now(UTC).date()
    db.session.execute(update(Membership).where(Membership.participant_id == someone).values(ended_on=today))
    assert authorities_of("crescendo", datetime.now(UTC).date())[0].staff == 11
