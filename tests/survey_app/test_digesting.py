"""When results are out, leads and everybody who was asked are told, once, in words without a score."""

import re
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from notifications.rendering import render
from survey_app.cli.setup import pulses as pulses_command
from survey_app.extensions import db
from survey_app.models.accounts import Role
from survey_app.models.messages import Message
from survey_app.models.participants import Participant
from survey_app.models.pulses import Pulse, Wave
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.use_cases.digesting import plan_digests, waits_for_digests
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.fieldwork import waves_to_close
from survey_app.use_cases.opting_out import opt_out
from survey_app.use_cases.people import add_account
from survey_app.use_cases.pulses import plan_wave
from survey_app.use_cases.small_changes import record_small_change
from tests.factories import mixed_answers, same_answer

NOW = datetime.now(UTC).replace(microsecond=0)
TEAM_A, TEAM_B = "northtown-team-a", "northtown-team-b"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 12, "Team B": 2})
    studio.appoint()
    return studio


def close(studio, *, answers=10):
    """Run a wave that closes now, and draw its pictures."""
    wave = studio.open(opened_at=NOW - timedelta(days=10), closes_at=NOW + timedelta(hours=1))
    wave.answer(TEAM_A, mixed_answers(answers))
    wave.close()
    draw_charts(NOW)
    return wave


def untold(now):
    return list(db.session.scalars(select(Wave.id).where(*waits_for_digests(now))))


def letters(studio, purpose):
    """The digests as their recipients read them, by address."""
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.org")
    ids = db.session.scalars(select(Message.id).where(Message.purpose == purpose)).all()
    db.session.rollback()
    claimed = [outbox.claim(message_id, NOW + timedelta(days=1)) for message_id in ids]
    return {each.address: render(each) for each in claimed if each is not None}


def test_leads_and_everybody_who_was_asked_are_told_once(programme):
    wave = close(programme)
    assert untold(NOW) == [wave.id], "the clock rings until they are planned"
    planned = plan_digests(NOW)
    leads, staff = letters(programme, "digest_lead"), letters(programme, "digest_staff")
    assert set(leads) == {"ben@example.org", "chloe@example.org", "dev@example.org"}
    assert len(staff) == 14, "whether they answered or not"
    assert len(planned) == 17
    assert plan_digests(NOW) == []
    assert untold(NOW) == []


def test_a_lead_reads_a_headline_and_no_score(programme):
    close(programme)
    plan_digests(NOW)
    found = letters(programme, "digest_lead")
    ben = found["ben@example.org"]
    assert re.fullmatch(r"\w+ \d{4} pulse: A starting point", ben.subject)
    assert "A starting point." in ben.text
    assert "10 answers, about 85% of those asked" in ben.text
    assert f"https://pulse.example.org/teams/{TEAM_A}" in ben.text
    assert "out of 100" not in ben.text + ben.html
    chloe = found["chloe@example.org"]
    assert "Not enough answers to show this time" in chloe.subject
    dev = found["dev@example.org"]
    assert dev.subject.endswith("pulse: results are out")
    assert "https://pulse.example.org/programme" in dev.text
    assert "No team has a usual range yet" in dev.text


def test_staff_read_what_came_of_it_in_their_language_and_can_stop(programme):
    record_small_change(TEAM_A, "Buddies", (NOW - timedelta(days=20)).date())
    db.session.execute(update(Participant).where(Participant.staff_ref.like("Team A-1%")).values(language="cy"))
    db.session.commit()
    plan_wave("monthly", "next", label="Next", opens_at=NOW + timedelta(days=10), closes_at=NOW + timedelta(days=19))
    close(programme)
    plan_digests(NOW)
    found = letters(programme, "digest_staff")
    english = found["team-a-2@staff.example.org"]
    assert english.subject.startswith("What came of the ")
    assert "- Burnout: a starting point" in english.text
    assert "What your team tries: Buddies" in english.text
    assert "The next pulse opens on " in english.text
    assert re.search(r"https://pulse\.example\.org/o/\w{16}", english.unsubscribe_url)
    welsh = found["team-a-1@staff.example.org"]
    assert "man cychwyn" in welsh.text
    assert "Bydd y pwls nesaf yn agor " in welsh.text
    none = found["team-b-1@staff.example.org"]
    assert "Too few people of your team answered" in none.text
    assert not re.search(r"\d+ out of|likely between", english.text + welsh.text + none.text)


def test_whoever_wants_no_messages_gets_none(programme):
    wave = programme.open(opened_at=NOW - timedelta(days=10), closes_at=NOW + timedelta(hours=1))
    opt_out(wave.tokens(TEAM_A)[0], NOW, programme.vault)
    wave.answer(TEAM_A, [same_answer(3)] * 8)
    wave.close()
    draw_charts(NOW)
    plan_digests(NOW)
    assert len(letters(programme, "digest_staff")) == 13


def test_a_pulse_can_do_without_and_old_waves_are_no_news(programme):
    done = CliRunner().invoke(pulses_command, ["digests", "monthly", "off"], obj=lambda: programme.app)
    assert "nobody is told" in done.output
    wave = close(programme)
    assert plan_digests(NOW) == []
    assert db.session.get(Wave, wave.id).digested_at is not None
    db.session.rollback()
    assert (
        "leads and staff are told"
        in CliRunner().invoke(pulses_command, ["digests", "monthly", "on"], obj=lambda: programme.app).output
    )
    later = close(programme)
    assert plan_digests(NOW + timedelta(days=4)) == []
    assert untold(NOW + timedelta(days=4)) == []
    assert later.id in waves_to_close(NOW)


def test_planned_by_several_at_once_each_gets_one(programme):
    close(programme)
    planned = []

    def plan():
        with programme.app.app_context():
            planned.extend(plan_digests(NOW))

    db.session.rollback()
    threads = [Thread(target=plan) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(planned) == 17
    assert len(db.session.scalars(select(Message.id).where(Message.purpose.like("digest%"))).all()) == 17
    db.session.rollback()


def test_leads_of_authorities_that_were_not_asked_are_not_told(programme):
    programme.add_authority("Southtown", {"Team S": 6})
    add_account("Sam", "sam@example.org", Role.TEAM_LEAD, "southtown-team-s", programme.vault)
    db.session.execute(update(Pulse).values(authorities=["northtown"]))
    db.session.commit()
    close(programme)
    plan_digests(NOW)
    assert set(letters(programme, "digest_lead")) == {"ben@example.org", "chloe@example.org", "dev@example.org"}


def test_a_team_that_was_counted_with_another_is_told_so(studio):
    studio.set_up({"Team A": 12, "Team B": 6, "Team C": 6})
    wave = studio.open(opened_at=NOW - timedelta(days=10), closes_at=NOW + timedelta(hours=1))
    wave.answer(TEAM_A, mixed_answers(9))
    for team in (TEAM_B, "northtown-team-c"):
        wave.answer(team, mixed_answers(3))
    wave.close()
    draw_charts(NOW)
    plan_digests(NOW)
    found = letters(studio, "digest_staff")["team-b-1@staff.example.org"]
    assert re.search(r"- In the pulse of \w+ \d{4} your team was counted in Team B.*Team C", found.text)


def test_the_two_waves_of_a_bridge_are_one_pulse_to_a_lead(programme):
    waves = programme.open_bridge("crescendo-pulse@1.1.0", opened_at=NOW - timedelta(days=10))
    for wave in waves:
        wave.close()
    draw_charts(NOW)
    plan_digests(NOW)
    sent = db.session.scalars(select(Message.purpose)).all()
    assert (sent.count("digest_lead"), sent.count("digest_staff")) == (3, 14)
    db.session.rollback()
