"""Staff learn what is held on them, and are forgotten; nobody learns on the way whether they answered."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey_app.cli.roster import roster
from survey_app.extensions import db, vault
from survey_app.models.audit import AuditEntry
from survey_app.models.participants import Participant
from survey_app.use_cases.errors import UnknownParticipant
from survey_app.use_cases.opting_out import opt_out
from survey_app.use_cases.reminding import plan_reminders
from survey_app.use_cases.subject_access import held_on
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import DEV

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return studio


def held(staff_ref="Team A-0"):
    return held_on("northtown", staff_ref, by="Dev", now=MONDAY, vault=vault())


def test_everything_that_is_held_is_told_but_for_what_nobody_may_know(programme):
    wave = programme.open()
    opt_out(wave.tokens(TEAM_A)[0], MONDAY, vault())
    found = held()
    assert (found["name"], found["role"], found["language"]) == ("Person 0", "Social worker", "en")
    assert [each["channel"] for each in found["contact_details"]] == ["email", "sms"]
    assert found["contact_details"][0]["address"] == "team-a-0@staff.example.org"
    assert found["contact_details"][0]["wish"] == "no messages, since 2026-06-01"
    assert found["teams"] == [{"team": "Team A", "from": "2026-01-01", "until": ""}]
    assert found["asked"] == ["June 2026"]
    assert len(found["not_in_here"]) == 3


def test_the_file_is_the_same_whether_somebody_answered_or_was_reminded_or_not(programme):
    wave = programme.open()
    silent = held()
    wave.answer(TEAM_A, mixed_answers(6))
    plan_reminders(MONDAY.replace(day=5))
    assert held() == silent


def test_asking_is_logged_without_saying_who_it_was(programme):
    held()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action.contains("held"))).one()
    assert (entry.actor, entry.subject, entry.detail) == ("Dev", "northtown", {})
    with pytest.raises(UnknownParticipant):
        held("nobody")


def test_a_programme_lead_answers_requests_on_a_page(programme):
    dev = signed_in(programme, DEV)
    at = "/manage/requests"
    whom = {"authority": "northtown", "staff_ref": "Team A-0"}
    file = dev.post(f"{at}/held", data=whom)
    assert (file.mimetype, json.loads(file.text)["staff_ref"]) == ("application/json", "Team A-0")
    assert "attachment" in file.headers["Content-Disposition"]
    refused = dev.post(f"{at}/held", data={**whom, "staff_ref": "nobody"})
    assert (refused.status_code, 'value="nobody"' in refused.text) == (404, True)
    assert dev.post(f"{at}/held", data={**whom, "authority": "elsewhere"}).status_code == 404
    assert dev.post(f"{at}/erase", data=whom).status_code == 400
    assert db.session.scalar(select(Participant.id).where(Participant.staff_ref == "Team A-0")) is not None
    db.session.rollback()
    assert dev.post(f"{at}/erase", data={**whom, "meant": "yes"}).status_code == 303
    assert "They are forgotten" in dev.get(f"{at}?erased=yes").text
    assert dev.post(f"{at}/erase", data={**whom, "meant": "yes"}).status_code == 404
    assert db.session.scalar(select(Participant.id).where(Participant.staff_ref == "Team A-0")) is None


def test_the_command_prints_it(programme):
    db.session.remove()
    done = CliRunner().invoke(roster, ["held", "Team A-0", "--authority", "northtown"], obj=lambda: programme.app)
    assert json.loads(done.output)["name"] == "Person 0"
