"""A person can be forgotten: everything about them, and their answers while the wave is open."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey_app.cli.roster import roster as roster_command
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.ballots import Ballot
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Membership, OptOut, Participant
from survey_app.models.publications import PublishedCellRow
from survey_app.use_cases.erasure import erase_participant
from survey_app.use_cases.errors import UnknownGroup, UnknownParticipant
from survey_app.use_cases.opting_out import opt_out
from tests.factories import MONDAY, mixed_answers

TEAM = "northtown-team-a"


def erase(studio, staff_ref="Team A-0", authority="northtown"):
    return erase_participant(authority, staff_ref, by="Dev", now=MONDAY, vault=studio.vault)


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 7})
    return studio


def test_everything_about_a_person_is_gone_and_the_others_are_untouched(programme):
    closed = programme.open()
    closed.answer(TEAM, mixed_answers(7))
    closed.close()
    wave = programme.open()
    wave.answer(TEAM, mixed_answers(7))
    cells = [(row.id, row.n, row.score) for row in db.session.scalars(select(PublishedCellRow))]

    erase(programme)

    for table, left in ((Participant, 6), (Membership, 6), (Invitation, 12), (Message, 12), (Ballot, 6)):
        assert db.session.query(table).count() == left, table
    references = db.session.scalars(select(Participant.staff_ref)).all()
    assert "Team A-0" not in references
    people = set(db.session.scalars(select(ContactPoint.participant_id)))
    assert people == set(db.session.scalars(select(Participant.id)))
    assert [(row.id, row.n, row.score) for row in db.session.scalars(select(PublishedCellRow))] == cells
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.detail) == ("erase a participant", "northtown", {})


def test_the_wave_closes_without_them(programme):
    wave = programme.open()
    wave.answer(TEAM, mixed_answers(7))
    erase(programme)
    wave.close()
    row = db.session.scalars(select(PublishedCellRow).where(PublishedCellRow.group_key == TEAM)).first()
    assert (row.n, row.roster_size) == (6, 6)


def test_somebody_who_did_not_answer_is_erased_too_and_their_wish_stays(programme):
    wave = programme.open()
    opt_out(wave.tokens(TEAM)[0], MONDAY, programme.vault)
    wishes = db.session.query(OptOut).count()
    assert wishes
    erase(programme)
    assert db.session.query(OptOut).count() == wishes


def test_nobody_is_erased_by_a_wrong_reference(programme):
    with pytest.raises(UnknownParticipant):
        erase(programme, "nobody")
    with pytest.raises(UnknownGroup):
        erase(programme, authority="nowhere")
    assert db.session.query(Participant).count() == 7


def test_the_command_asks_first(programme):
    def run(*arguments, given=None):
        db.session.remove()
        return CliRunner().invoke(roster_command, list(arguments), obj=lambda: programme.app, input=given)

    asked = run("erase", "Team A-1", "--authority", "northtown", given="n\n")
    assert asked.exit_code == 1
    assert db.session.query(Participant).count() == 7
    done = run("erase", "Team A-1", "--authority", "northtown", "--yes")
    assert "Erased, with answers to open waves." in done.output
    assert db.session.query(Participant).count() == 6
