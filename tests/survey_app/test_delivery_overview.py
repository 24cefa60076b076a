"""The delivery page says what became of messages, adds up, and is never about fewer than k people."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from notifications.messages import MessageState
from survey_app.extensions import db
from survey_app.models.clock import ClockBeat
from survey_app.models.messages import Message
from survey_app.use_cases.delivery_overview import delivery_of, large_enough, waves_of
from survey_app.use_cases.errors import UnknownWave
from tests.factories import MONDAY, signed_in
from tests.people import BEN, DEV

WORDS = [
    "waiting to leave",
    "waiting for the authority’s hours",
    "leaving just now",
    "handed over",
    "delivered",
    "not confirmed",
    "not reached",
    "came too late",
    "opted out",
]


@given(st.dictionaries(st.sampled_from(WORDS), st.integers(0, 30)), st.integers(5, 8))
def test_lines_add_up_and_none_is_small(counts, minimum):
    lines = large_enough(counts, minimum)
    total = sum(counts.values())
    assert sum(line.count for line in lines) == total
    if total >= minimum:
        assert all(line.count >= minimum for line in lines)
    named = [what for line in lines for what in line.what.split(" or ")]
    assert sorted(named) == sorted(what for what, count in counts.items() if count)


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 14, "Team B": 6})
    studio.appoint()
    return studio.open()


def put(wave, *states):
    messages = db.session.scalars(select(Message.id).order_by(Message.dedupe_key)).all()
    for message, state in zip(messages, states, strict=False):
        db.session.execute(update(Message).where(Message.id == message).values(state=state))
    db.session.commit()


def test_what_became_of_invitations(wave):
    put(wave, *[MessageState.DELIVERED] * 8, *[MessageState.ACCEPTED] * 6, *[MessageState.FAILED] * 2)
    found = delivery_of("crescendo", wave.key, MONDAY + timedelta(hours=1))
    (invitations,) = found.purposes
    assert (invitations.name, invitations.total) == ("invitation", 20)
    assert [(line.what, line.count) for line in invitations.lines] == [
        ("waiting to leave or not reached", 6),
        ("handed over", 6),
        ("delivered", 8),
    ]


def test_messages_that_wait_for_the_hours_say_so(wave):
    db.session.execute(update(Message).values(not_before=MONDAY + timedelta(days=1)))
    db.session.commit()
    (invitations,) = delivery_of("crescendo", wave.key, MONDAY).purposes
    assert [line.what for line in invitations.lines] == ["waiting for the authority’s hours"]


def test_a_wave_of_few_people_says_no_number(studio):
    studio.set_up({"Team A": 4})
    wave = studio.open()
    (invitations,) = delivery_of("crescendo", wave.key, MONDAY).purposes
    assert (invitations.total, invitations.lines) == (None, ())


def test_a_late_clock_is_said(wave):
    assert delivery_of("crescendo", wave.key, MONDAY).clock_is_late
    db.session.add(ClockBeat(name="clock", beat_at=MONDAY))
    db.session.commit()
    assert not delivery_of("crescendo", wave.key, MONDAY + timedelta(seconds=30)).clock_is_late
    assert delivery_of("crescendo", wave.key, MONDAY + timedelta(minutes=5)).clock_is_late


def test_waves_of_other_programmes_are_none_of_ones_own(wave):
    for programme, key in (("another", wave.key), ("crescendo", "wave-9")):
        with pytest.raises(UnknownWave):
            delivery_of(programme, key, MONDAY)
    assert waves_of("another") == []
    assert [line.key for line in waves_of("crescendo")] == [wave.key]


def test_the_pages_are_for_programme_leads_and_name_nobody(wave):
    ben, dev = signed_in(wave.studio, BEN), signed_in(wave.studio, DEV)
    assert ben.get("/manage/waves").status_code == 404
    assert ben.get(f"/manage/waves/{wave.key}/delivery").status_code == 404
    listed = dev.get("/manage/waves").text
    assert f"/manage/waves/{wave.key}/delivery" in listed
    page = dev.get(f"/manage/waves/{wave.key}/delivery").text
    assert "20 in all" in page
    assert "The clock is late" in page
    assert "staff.example.org" not in page
    assert "Person " not in page
    assert dev.get("/manage/waves/wave-9/delivery").status_code == 404


def test_nothing_planned_is_said(wave):
    db.session.query(Message).delete()
    db.session.commit()
    assert delivery_of("crescendo", wave.key, datetime.now(UTC)).purposes == ()
