"""A message of which nobody knows whether it was taken over is asked about, and never sent twice on a guess."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from notifications.errors import CouldNotAsk
from notifications.messages import MessageState, Unknown
from notifications.reconciling import Answer, reconcile
from survey_app.demo.mailbox import list_texts, read_texts
from survey_app.extensions import db
from survey_app.models.messages import Attempt, Message
from survey_app.stores.doubts import DatabaseDoubts, doubts_to_raise
from survey_app.stores.outbox import DatabaseOutbox, give_up_expired_leases
from survey_app.use_cases.messaging import deliver_messages, reconcile_messages
from tests.fakes import FakeRoutes

LATER = [timedelta(minutes=3), timedelta(minutes=6), timedelta(minutes=16)]


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def wave(studio, now):
    studio.set_up({"Team A": 6})
    return studio.open(opened_at=now)


def one(wave, channel):
    found = db.session.scalars(
        select(Message.id)
        .where(Message.wave_id == wave.id, Message.channel == channel)
        .order_by(Message.contact_point_id)
    ).first()
    db.session.rollback()
    return found


def leave_in_doubt(studio, message, now):
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    claimed = outbox.claim(message, now)
    outbox.record(claimed, "twilio", Unknown("twilio", "timeout"), now)


def leave_in_doubt_a_while_ago(studio, message, now):
    leave_in_doubt(studio, message, now)
    db.session.execute(update(Attempt).values(claimed_at=now - timedelta(minutes=5)))
    db.session.commit()


def state_of(message):
    db.session.rollback()
    return db.session.get(Message, message, populate_existing=True).state


class Provider:
    """A transport whose list is what the test says."""

    longest_seconds = 1.0

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def find(self, message, since):
        self.asked.append((message.text, since))
        answer = self.answers.pop(0)
        if answer is CouldNotAsk:
            raise CouldNotAsk
        return answer


def ask(studio, message, provider, when, *, again=False):
    doubts = DatabaseDoubts(studio.vault, "https://pulse.example.gov.uk", again)
    return reconcile(message, doubts, FakeRoutes({"twilio": provider} if provider else {}), when)


def test_a_text_that_the_provider_has_is_accepted(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    provider = Provider("SM7")
    assert ask(wave.studio, message, provider, now + LATER[0]) is Answer.FOUND
    found = db.session.get(Message, message, populate_existing=True)
    assert (found.state, found.provider_message_id) == (MessageState.ACCEPTED, "SM7")
    assert "/p/" in provider.asked[0][0]
    assert ask(wave.studio, message, provider, now + LATER[1]) is None, "nothing is in doubt any more"


def test_a_text_that_is_absent_twice_is_unconfirmed_and_not_sent_again_on_a_guess(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    provider = Provider(None, None)
    assert ask(wave.studio, message, provider, now + LATER[0]) is Answer.ABSENT
    assert state_of(message) == MessageState.UNKNOWN
    assert ask(wave.studio, message, provider, now + LATER[0]) is None, "two minutes between questions"
    assert ask(wave.studio, message, provider, now + LATER[1]) is Answer.ABSENT
    assert state_of(message) == MessageState.UNCONFIRMED


def test_where_the_list_is_known_to_be_fresh_it_is_sent_again(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    for later in LATER[:2]:
        ask(wave.studio, message, Provider(None), now + later, again=True)
    assert state_of(message) == MessageState.PENDING
    leave_in_doubt(wave.studio, message, now + LATER[2])
    assert ask(wave.studio, message, Provider(None), now + LATER[2] + LATER[0], again=True) is Answer.ABSENT
    assert state_of(message) == MessageState.UNKNOWN, "absences are counted anew"


def test_nothing_is_asked_within_two_minutes_of_the_attempt(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    provider = Provider("SM7")
    assert ask(wave.studio, message, provider, now + timedelta(seconds=90)) is None
    assert provider.asked == []


def test_a_provider_that_does_not_answer_is_asked_again_until_the_message_is_of_no_use(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    assert ask(wave.studio, message, Provider(CouldNotAsk), now + LATER[0]) is Answer.NO_ANSWER
    assert state_of(message) == MessageState.UNKNOWN
    ask(wave.studio, message, Provider(CouldNotAsk), now + timedelta(days=20))
    assert state_of(message) == MessageState.UNCONFIRMED


def test_over_smtp_nobody_can_be_asked_and_the_message_is_unconfirmed_after_a_quarter_of_an_hour(wave, now):
    message = one(wave, "email")
    leave_in_doubt(wave.studio, message, now)
    assert ask(wave.studio, message, None, now + LATER[0]) is Answer.NOBODY_TO_ASK
    assert state_of(message) == MessageState.UNKNOWN
    ask(wave.studio, message, None, now + LATER[2])
    assert state_of(message) == MessageState.UNCONFIRMED


def test_the_clock_finds_what_is_in_doubt(wave, now):
    message = one(wave, "sms")
    leave_in_doubt(wave.studio, message, now)
    assert doubts_to_raise(now) == [message]
    ask(wave.studio, message, Provider(CouldNotAsk), now + LATER[0])
    assert doubts_to_raise(now + LATER[0]) == []
    assert doubts_to_raise(now + LATER[1]) == [message]


def test_a_sender_that_died_after_the_peer_took_the_text_is_found_out_by_asking(wave, now, demo_peers):
    """The demo's peer is asked as Twilio is: the text was taken over, and the worker died before it could say so."""
    message = one(wave, "sms")
    with_peers = demo_peers.settings
    assert deliver_messages([message], with_peers, wave.studio.vault) == 1
    db.session.execute(
        update(Message)
        .where(Message.id == message)
        .values(state=MessageState.SENDING, lease_until=now - timedelta(minutes=3), provider_message_id=None)
    )
    db.session.commit()
    assert give_up_expired_leases(now) == 1
    db.session.execute(update(Attempt).values(claimed_at=now - timedelta(minutes=3)))
    db.session.commit()
    assert reconcile_messages([message], with_peers, wave.studio.vault) == 1
    found = db.session.get(Message, message, populate_existing=True)
    (kept,) = read_texts(demo_peers.folder)
    assert (found.state, found.provider_message_id) == (MessageState.ACCEPTED, kept["sid"])
    assert len(list_texts(demo_peers.folder)) == 1, "nothing was sent twice"


def test_a_text_that_the_peer_never_had_is_absent(wave, now, demo_peers):
    message = one(wave, "sms")
    leave_in_doubt_a_while_ago(wave.studio, message, now)
    assert reconcile_messages([message], demo_peers.settings, wave.studio.vault) == 1
    found = db.session.get(Message, message, populate_existing=True)
    assert (found.state, found.absences) == (MessageState.UNKNOWN, 1)


def test_a_peer_that_is_not_there_gives_no_answer(wave, now, demo_peers):
    from survey_app.processes.broker import free_port

    message = one(wave, "sms")
    leave_in_doubt_a_while_ago(wave.studio, message, now)
    nowhere = replace(demo_peers.settings, twilio_base_url=f"http://127.0.0.1:{free_port()}")
    assert reconcile_messages([message], nowhere, wave.studio.vault) == 1
    assert state_of(message) == MessageState.UNKNOWN


def test_one_that_cannot_be_asked_about_does_not_hold_up_the_others(wave, now, demo_peers, monkeypatch):
    from survey_app.use_cases import messaging

    texts = db.session.scalars(select(Message.id).where(Message.channel == "sms")).all()
    db.session.rollback()
    for message in texts[:2]:
        leave_in_doubt_a_while_ago(wave.studio, message, now)
    real = messaging.reconcile

    def fails_first(message, *rest):
        if message == texts[0]:
            raise RuntimeError("a bad row")
        return real(message, *rest)

    monkeypatch.setattr(messaging, "reconcile", fails_first)
    assert reconcile_messages(texts[:2], demo_peers.settings, wave.studio.vault) == 1
