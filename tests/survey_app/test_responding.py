from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import event, func, select

from instruments.errors import UnknownItem, UnknownResponse
from survey_app.app import create_app
from survey_app.extensions import ANSWERS, close_connections, db
from survey_app.models.ballots import Ballot
from survey_app.models.invitations import Invitation
from survey_app.use_cases.errors import UnknownInvitation, WaveClosed
from survey_app.use_cases.responding import find_answer_sheet, record_response
from tests.factories import same_answer


def ballots():
    return db.session.scalar(select(func.count()).select_from(Ballot))


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 6})
    return studio.open()


def test_an_answer_is_kept_as_one_sealed_ballot(studio, wave):
    token = wave.tokens("northtown-team-a")[0]

    record_response(token, same_answer(4), studio.vault)

    ballot = db.session.scalars(select(Ballot)).one()
    assert b"belonging" not in ballot.sealed
    assert len(ballot.sealed) == 32 + 4096 + 16
    assert find_answer_sheet(token, studio.vault).answered


def test_answers_may_be_changed_until_the_wave_closes(studio, wave):
    token = wave.tokens("northtown-team-a")[0]
    record_response(token, same_answer(1), studio.vault)
    first = db.session.scalars(select(Ballot.sealed)).one()
    record_response(token, same_answer(5), studio.vault)
    assert db.session.scalars(select(Ballot.sealed)).one() != first


def test_the_same_answers_fifty_times_at_once_leave_one_ballot(studio, wave):
    token = wave.tokens("northtown-team-a")[0]
    failures = []

    def send():
        with studio.app.app_context():
            try:
                record_response(token, same_answer(3), studio.vault)
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert ballots() == 1


def test_after_the_wave_has_closed_no_answer_is_taken(studio, wave):
    token = wave.tokens("northtown-team-a")[0]
    wave.close()
    with pytest.raises(WaveClosed):
        record_response(token, same_answer(3), studio.vault)
    assert not find_answer_sheet(token, studio.vault).is_open


@pytest.mark.parametrize("token", ["", "x" * 16, "x" * 17, "é" * 16])
def test_a_link_that_is_nobodys_is_unknown(studio, wave, token):
    with pytest.raises(UnknownInvitation):
        record_response(token, same_answer(3), studio.vault)


@pytest.mark.parametrize(("given", "error"), [({"salary": "1"}, UnknownItem), ({"belonging": "9"}, UnknownResponse)])
def test_answers_that_do_not_fit_are_refused_and_nothing_is_kept(studio, wave, given, error):
    token = wave.tokens("northtown-team-a")[0]
    with pytest.raises(error):
        record_response(token, given, studio.vault)
    db.session.rollback()
    assert ballots() == 0
    assert not find_answer_sheet(token, studio.vault).answered


def test_looking_at_the_questions_changes_nothing(studio, wave):
    token = wave.tokens("northtown-team-a")[0]
    sheet = find_answer_sheet(token, studio.vault)
    assert (sheet.label, sheet.run_by, sheet.answered) == ("June 2026", "The Crescendo team", False)
    assert ballots() == 0


def test_an_answer_costs_four_statements_at_most(studio, wave):
    first, second = wave.tokens("northtown-team-a")[:2]
    record_response(first, same_answer(3), studio.vault)
    statements = []
    event.listen(db.engines[ANSWERS], "before_cursor_execute", lambda *args: statements.append(args[2]))
    record_response(second, same_answer(3), studio.vault)
    assert len([text for text in statements if not text.startswith("BEGIN")]) <= 4


def test_an_invitation_says_that_it_was_answered_and_not_when():
    assert {column.name for column in Invitation.__table__.columns} == {
        "id", "wave_id", "participant_id", "team_key", "token_hash", "answered", "rotating",
    }  # fmt: skip
    assert {column.name for column in Ballot.__table__.columns} == {"tag", "wave_id", "sealed"}


def test_with_the_broker_gone_answers_are_kept(settings, studio, wave):
    """Taking an answer asks no queue: a web process that cannot reach its broker keeps every one."""
    token = wave.tokens("northtown-team-a")[0]
    known = studio.app.extensions["pulse_settings"]
    app = create_app(replace(known, redis_url="redis://127.0.0.1:1/0"))
    answered = app.test_client().post(f"/p/{token}", data={**same_answer(4), "go": "send"})
    assert "Thank you. Your answers are in." in answered.text
    assert ballots() == 1
    with app.app_context():
        db.session.remove()
        close_connections()
