"""A paused wave takes no answers, sends nothing, and goes on where it was; nothing that was typed is lost."""

import re
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.ballots import Ballot
from survey_app.stores.outbox import DatabaseOutbox, due_messages
from survey_app.use_cases.delivery_overview import waves_of
from survey_app.use_cases.errors import UnknownWave, WavePaused, WrongWaveState
from survey_app.use_cases.fieldwork import waves_to_close
from survey_app.use_cases.pausing import pause_wave, resume_wave
from survey_app.use_cases.reminding import plan_reminders
from survey_app.use_cases.responding import record_response
from tests.factories import same_answer

TEAM = "northtown-team-a"


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 6})
    return studio.open()


def pause(wave):
    return pause_wave(wave.key, by="Dev Patel", now=wave.opened_at)


def resume(wave):
    return resume_wave(wave.key, by="Dev Patel", now=wave.opened_at)


def ballots():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Ballot))


def test_answers_wait_on_the_page_and_are_taken_when_it_goes_on(studio, wave):
    client = studio.app.test_client()
    first, second = wave.tokens(TEAM)[:2]
    record_response(first, same_answer(2), studio.vault)
    pause(wave)
    for path in (f"/p/{first}", f"/p/{second}"):
        page = client.get(path)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
        assert "This pulse is paused" in page.text
    held_page = client.post(f"/p/{second}", data={**same_answer(4), "go": "send"}).text
    held = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', held_page))
    assert held == same_answer(4)
    assert ballots() == 1
    with pytest.raises(WavePaused):
        record_response(second, same_answer(4), studio.vault)
    db.session.rollback()

    resume(wave)
    assert "Thank you. Your answers are in." in client.post(f"/p/{second}", data={**held, "go": "send"}).text
    assert ballots() == 2


def test_no_message_leaves_and_none_is_lost(studio, wave):
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.org")
    pause(wave)
    assert due_messages(wave.opened_at) == []
    assert [outbox.claim(message, wave.opened_at) for message in wave.messages] == [None] * 6
    assert plan_reminders(wave.opened_at + timedelta(days=4)) == []
    resume(wave)
    assert set(due_messages(wave.opened_at)) == set(wave.messages)
    assert all(outbox.claim(message, wave.opened_at) for message in wave.messages)


def test_it_closes_in_its_time_and_programme_leads_see_that_it_is_paused(wave):
    pause(wave)
    assert waves_of("crescendo")[0].state == "paused"
    assert waves_to_close(wave.opened_at + timedelta(days=11)) == [wave.id]
    wave.close()
    with pytest.raises(WrongWaveState, match="would have to be open"):
        resume(wave)
    assert waves_of("crescendo")[0].state == "closed"


def test_it_is_written_down_once_and_only_an_open_wave_can_be_paused(studio, wave):
    assert (pause(wave), pause(wave), resume(wave), resume(wave)) == (True, False, True, False)
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry)) if entry.subject == wave.key]
    assert actions[-2:] == ["pause wave", "resume wave"]
    assert actions.count("pause wave") == 1
    db.session.rollback()
    with pytest.raises(UnknownWave):
        pause_wave("nothing", by="Dev", now=wave.opened_at)


def test_answers_sent_while_it_is_being_paused_are_kept_or_refused_never_half(studio, wave):
    outcomes = []

    def send(token):
        with studio.app.app_context():
            try:
                record_response(token, same_answer(3), studio.vault)
                outcomes.append("kept")
            except WavePaused:
                outcomes.append("refused")

    threads = [Thread(target=send, args=[token]) for token in wave.tokens(TEAM)]
    for thread in threads[:3]:
        thread.start()
    pause(wave)
    for thread in threads[3:]:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert outcomes.count("refused") >= 3
    assert ballots() == outcomes.count("kept")
