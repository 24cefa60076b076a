from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.accounts import Role
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.pulses import WaveState, WaveTerms
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.errors import (
    KeyTaken,
    NobodyToInvite,
    UnknownPulse,
    UnknownWave,
    UnusableKey,
    WrongWaveState,
)
from survey_app.use_cases.fieldwork import open_wave, waves_to_close, waves_to_open
from survey_app.use_cases.people import add_account
from survey_app.use_cases.pulses import add_pulse, find_wave_id, list_waves, plan_wave
from survey_app.use_cases.wave_terms import thaw
from tests.factories import MONDAY, roster_file


def test_opening_a_wave_freezes_its_terms_and_invites_everybody_once(studio):
    studio.set_up({"Team A": 6, "Team B": 3})

    wave = studio.open()

    terms = db.session.get(WaveTerms, wave.id)
    assert (terms.minimum_group_size, terms.answer_width) == (5, 25.0)
    assert "only for 5 or more people together" in terms.promise
    assert thaw(wave.key, terms).instrument.reference == "crescendo-pulse@1.0.0"
    assert len(wave.tokens("northtown-team-a")) == 6
    assert len(wave.messages) == 9
    assert studio.vault.wave_keys.make(wave.key) == terms.public_key


def test_texts_go_to_those_with_a_mobile_number_and_emails_to_the_others(studio):
    studio.set_up({"Team A": 6})
    wave = studio.open()
    channels = db.session.scalars(select(Message.channel).where(Message.wave_id == wave.id))
    assert sorted(channels) == ["email"] * 3 + ["sms"] * 3


def test_opening_an_open_wave_again_sends_nothing_more(studio):
    studio.set_up({"Team A": 6})
    wave = studio.open()
    assert open_wave(wave.id, MONDAY, studio.vault) == []
    assert db.session.scalar(select(func.count()).select_from(Message)) == 6


def test_two_clocks_that_open_a_wave_at_once_invite_everybody_once(studio):
    studio.set_up({"Team A": 6})
    wave_id = plan_wave("monthly", "w", label="June", opens_at=MONDAY, closes_at=MONDAY + timedelta(days=5))

    def open_it():
        with studio.app.app_context():
            open_wave(wave_id, MONDAY, studio.vault)

    threads = [Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 6
    assert db.session.scalar(select(func.count()).select_from(Message)) == 6


def test_leavers_and_those_who_have_not_started_are_not_invited(studio):
    studio.set_up({"Team A": 5})
    rows = [
        {"staff_ref": "gone", "email": "g@staff.example.org", "team": "Team A", "service_area": "Early Help",
         "started_on": "2026-01-01", "left_on": ""},
        {"staff_ref": "later", "email": "l@staff.example.org", "team": "Team A", "service_area": "Early Help",
         "started_on": "2027-01-01", "left_on": ""},
    ]  # fmt: skip
    import_roster("northtown", roster_file(rows), date(2026, 1, 1), studio.vault)
    import_roster("northtown", roster_file([{**rows[0], "left_on": "2026-03-01"}]), date(2026, 3, 1), studio.vault)
    assert len(studio.open().tokens("northtown-team-a")) == 5


def test_a_lead_who_answers_is_counted_one_unit_up(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    add_account("Ben", "team-a-1@staff.example.org", Role.TEAM_LEAD, "northtown-team-a", studio.vault)

    wave = studio.open()

    assert len(wave.tokens("northtown-team-a")) == 5
    assert len(wave.tokens("northtown-early-help.leads")) == 1
    assert thaw(wave.key, db.session.get(WaveTerms, wave.id)).tree["northtown-early-help.leads"].name == (
        "Leads of Early Help"
    )


def test_a_lead_is_known_however_the_address_is_written_and_whichever_team_they_are_in(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    add_account("Ben", "TEAM-A-1@Staff.Example.org", Role.TEAM_LEAD, "northtown-team-b", studio.vault)
    wave = studio.open()
    assert len(wave.tokens("northtown-team-a")) == 5
    assert len(wave.tokens("northtown-early-help.leads")) == 1


def test_somebody_with_two_posts_is_one_person(studio):
    studio.set_up({"Team A": 4})
    rows = [
        {"staff_ref": "second-post", "email": "Team-A-1@staff.example.org", "team": "Team B", "service_area": "Duty"},
    ]
    import_roster("northtown", roster_file(rows), date(2026, 1, 1), studio.vault)
    wave = studio.open()
    assert len(wave.messages) == 4


@pytest.mark.parametrize("key", ["a+b", "a.leads", "../a", "A", "", "a/b"])
def test_a_key_that_could_not_stand_in_an_address_is_refused(studio, key):
    studio.set_up({"Team A": 4})
    with pytest.raises(UnusableKey):
        plan_wave("monthly", key, label="x", opens_at=MONDAY, closes_at=MONDAY)


def test_a_programmes_threshold_is_never_lowered_again(studio):
    studio.set_up({"Team A": 8})
    add_pulse("strict", "Strict", run_by="X", programme_key="crescendo", instrument="crescendo-pulse@1.0.0")
    from survey_app.models.pulses import Pulse

    db.session.scalar(select(Pulse).where(Pulse.key == "strict")).minimum_group_size = 8
    db.session.commit()
    strict = plan_wave("strict", "s1", label="S", opens_at=MONDAY, closes_at=MONDAY + timedelta(days=1))
    open_wave(strict, MONDAY, studio.vault)
    assert db.session.get(WaveTerms, studio.open().id).minimum_group_size == 8


def test_a_wave_for_nobody_does_not_open(studio):
    studio.set_up({})
    with pytest.raises(NobodyToInvite, match="import a roster first"):
        studio.open()
    assert [wave.state for wave in list_waves()] == [WaveState.PLANNED]


def test_a_closed_wave_cannot_be_opened(studio):
    studio.set_up({"Team A": 6})
    wave = studio.run_wave({})
    with pytest.raises(WrongWaveState, match="is closed; it would have to be planned"):
        open_wave(wave.id, MONDAY, studio.vault)


def test_the_clock_sees_what_is_due(studio):
    studio.set_up({"Team A": 6})
    later = plan_wave("monthly", "later", label="L", opens_at=MONDAY, closes_at=MONDAY + timedelta(days=1))
    assert waves_to_open(MONDAY - timedelta(seconds=1)) == []
    assert waves_to_open(MONDAY) == [later]
    open_wave(later, MONDAY, studio.vault)
    assert waves_to_close(MONDAY) == []
    assert waves_to_close(MONDAY + timedelta(days=1)) == [later]


def test_what_does_not_exist_is_named(studio):
    studio.set_up({"Team A": 6})
    with pytest.raises(UnknownWave):
        open_wave(99, MONDAY, studio.vault)
    with pytest.raises(UnknownWave, match="'nope'"):
        find_wave_id("nope")
    with pytest.raises(UnknownPulse, match="'nope'"):
        plan_wave("nope", "w", label="x", opens_at=MONDAY, closes_at=MONDAY)
    with pytest.raises(KeyTaken):
        add_pulse("monthly", "M", run_by="X", programme_key="crescendo", instrument="crescendo-pulse@1.0.0")
    wave = studio.open()
    with pytest.raises(KeyTaken):
        plan_wave("monthly", wave.key, label="x", opens_at=MONDAY, closes_at=MONDAY)
