"""What was promised to be deleted is deleted, each day and no day earlier; everything else stays as it was."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from survey_app.cli.retention import retention
from survey_app.config import InvalidSetting, load_settings
from survey_app.extensions import db, settings, vault
from survey_app.models import tables
from survey_app.models.accounts import RoleGrant
from survey_app.models.audit import AuditEntry
from survey_app.models.ballots import Response
from survey_app.models.clock import ClockBeat
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Membership, OptOut, Participant
from survey_app.models.pulses import Wave
from survey_app.processes.clock import tick
from survey_app.stores.publication_list import list_published
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.opting_out import opt_out
from survey_app.use_cases.people import people_of
from survey_app.use_cases.retention import Deleted, is_due, run_retention
from survey_app.use_cases.signing_in import request_sign_in
from tests.factories import MONDAY, mixed_answers, roster_file, signed_in
from tests.people import BEN

TEAM_A = "northtown-team-a"
CLOSED = MONDAY + timedelta(days=10)
NOTHING = Deleted(0, 0, 0, 0, 0)


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(8)})
    return studio


def run(now, **more):
    return run_retention(now, settings(), vault(), **more)


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def leave(staff_ref, day):
    rows = [
        {"staff_ref": staff_ref, "team": "Team A", "service_area": "Early Help", "email": "x@staff.example.org",
         "left_on": day.isoformat()}
    ]  # fmt: skip
    import_roster("northtown", roster_file(rows), day, vault())


def test_invitations_and_messages_go_thirty_days_after_a_wave_and_no_day_earlier(programme):
    published = list(list_published())
    assert run(CLOSED + timedelta(days=30)) == NOTHING
    found = run(CLOSED + timedelta(days=31))
    assert (found.invitations, found.messages) == (16, 16)
    assert (count(Invitation), count(Message), count(Participant)) == (0, 0, 16)
    assert list(list_published()) == published
    assert run(CLOSED + timedelta(days=31)) == NOTHING


def test_a_wave_that_is_open_keeps_everything(programme):
    wave = programme.open(opened_at=CLOSED, closes_at=CLOSED + timedelta(days=300))
    run(CLOSED + timedelta(days=200))
    assert count(Invitation) == 16
    assert len(wave.tokens(TEAM_A)) == 8


def test_people_who_left_are_forgotten_and_those_who_came_back_are_not(programme):
    left = CLOSED.date()
    leave("Team A-0", left)
    leave("Team A-1", left)
    again = [{"staff_ref": "Team A-1", "team": "Team B", "service_area": "Early Help", "email": "y@staff.example.org"}]
    import_roster("northtown", roster_file(again), left + timedelta(days=30), vault())
    assert run(CLOSED + timedelta(days=90)).people == 0
    assert run(CLOSED + timedelta(days=92)).people == 1
    references = set(db.session.scalars(select(Participant.staff_ref)))
    assert "Team A-0" not in references
    assert "Team A-1" in references
    gone = vault().address_hash("x@staff.example.org")
    assert gone not in set(db.session.scalars(select(ContactPoint.address_hash)))
    kept = set(db.session.scalars(select(Membership.participant_id)))
    assert kept <= set(db.session.scalars(select(Participant.id)))


def test_a_wish_for_no_messages_outlives_the_person(programme):
    wave = programme.open(opened_at=CLOSED)
    opt_out(wave.tokens(TEAM_A)[0], CLOSED, vault())
    wave.close()
    wishes = count(OptOut)
    leave("Team A-0", CLOSED.date())
    run(CLOSED + timedelta(days=120))
    assert (count(OptOut), wishes > 0) == (wishes, True)


def test_answers_go_after_two_years_and_what_was_published_stays(programme):
    published = list(list_published())
    assert count(Response) == 16
    run(CLOSED + timedelta(days=729))
    assert count(Response) == 16
    assert run(CLOSED + timedelta(days=731)).answers == 16
    assert count(Response) == 0
    assert list(list_published()) == published


def test_a_former_lead_keeps_a_name_in_the_log_and_no_address(programme):
    request_sign_in(BEN.email, "browser", CLOSED, vault(), place="here")
    db.session.execute(update(RoleGrant).where(RoleGrant.account_id == account_of(BEN)).values(ended_at=CLOSED))
    db.session.commit()
    assert run(CLOSED + timedelta(days=90)).leads == 0
    assert run(CLOSED + timedelta(days=91)).leads == 1
    assert account_of(BEN) is None
    former = [role for role in people_of("crescendo", vault(), ended=True) if role.name == BEN.name]
    assert [role.email for role in former] == [""]
    assert run(CLOSED + timedelta(days=92)).leads == 0


def account_of(person):
    return db.session.scalar(
        select(ContactPoint.account_id).where(ContactPoint.address_hash == vault().address_hash(person.email))
    )


def test_a_dry_run_says_the_same_and_deletes_nothing(programme):
    leave("Team A-0", CLOSED.date())
    later = CLOSED + timedelta(days=800)
    before = {table.name: count(table) for module in tables.MODULES for table in _tables(module)}
    said = run(later, dry_run=True)
    assert {table.name: count(table) for module in tables.MODULES for table in _tables(module)} == before
    assert run(later) == said
    assert (said.people, said.answers, said.invitations) == (1, 16, 16)


def _tables(module):
    return [found.__table__ for found in vars(module).values() if hasattr(found, "__table__")]


def test_what_was_deleted_is_logged_as_counts_and_nothing_is_not_logged(programme):
    run(CLOSED + timedelta(days=1))
    run(CLOSED + timedelta(days=40))
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "retention"))
    assert (entry.actor, entry.detail["invitations"], entry.detail["people"]) == ("clock", 16, 0)


def test_the_clock_runs_it_once_a_day(programme):
    now = datetime.now(UTC)
    db.session.execute(update(Wave).values(closed_at=now - timedelta(days=60)))
    db.session.commit()
    assert is_due(now)
    tick(settings(), now)
    assert not is_due(now + timedelta(hours=23))
    assert is_due(now + timedelta(hours=24))
    assert count(Invitation) == 0
    assert db.session.scalar(select(ClockBeat.beat_at).where(ClockBeat.name == "retention")) == now


def test_settings_decide_and_are_told_on_the_privacy_page(programme, keys):
    others = {"keep_contacts_days": 14, "keep_invitations_days": 60, "keep_answers_months": 6}
    programme.app.extensions["pulse_settings"] = replace(settings(), **others, contact_email="dpo@example.org")
    page = programme.app.test_client().get("/privacy").text
    wanted = ("14 days after you have left", "60 days after the pulse", "6 months", "dpo@example.org")
    assert all(words in page for words in wanted)
    assert run(CLOSED + timedelta(days=31)).invitations == 0
    assert run(CLOSED + timedelta(days=61)).invitations == 16
    for value in ("6", "x", "4000"):
        with pytest.raises(InvalidSetting, match="KEEP_CONTACTS_DAYS"):
            load_settings({**keys, "DATA_DIR": "x", "KEEP_CONTACTS_DAYS": value})


def test_the_command_says_what_it_does(programme):
    db.session.execute(update(Wave).values(closed_at=datetime.now(UTC) - timedelta(days=60)))
    db.session.commit()
    db.session.remove()

    def command(*arguments):
        db.session.remove()
        return CliRunner().invoke(retention, list(arguments), obj=lambda: programme.app)

    assert command("run", "--dry-run").output.startswith("Would delete: 0 people who left")
    assert json.loads(command("run", "--json").output)["invitations"] == 16
    assert command("run").output.startswith("Deleted: 0 people who left")


def test_after_everything_is_over_no_table_names_staff(programme):
    db.session.execute(update(Membership).values(ended_on=CLOSED.date()))
    db.session.commit()
    run(CLOSED + timedelta(days=800))
    assert [count(table) for table in (Participant, Membership, Invitation, Message, Response)] == [0, 0, 0, 0, 0]
    assert db.session.scalars(select(ContactPoint).where(ContactPoint.participant_id.is_not(None))).all() == []
    assert signed_in(programme, BEN).get(f"/teams/{TEAM_A}").status_code == 200
