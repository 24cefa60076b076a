from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select, update

from notifications.messages import Accepted, MessageState, NotAccepted, Unknown
from survey_app.demo.mailbox import list_letters, list_texts
from survey_app.extensions import db
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint
from survey_app.stores.outbox import LEASES, DatabaseOutbox, due_messages, expire_messages, give_up_expired_leases
from survey_app.use_cases.messaging import deliver_messages
from survey_app.use_cases.opting_out import opt_out
from survey_app.use_cases.responding import record_response
from tests.factories import MONDAY, same_answer


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 6})
    return studio.open()


@pytest.fixture
def outbox(studio):
    return DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")


LONGEST = max(LEASES.values())


def state_of(message_id):
    db.session.rollback()
    return db.session.scalar(select(Message.state).where(Message.id == message_id))


def test_a_message_is_claimed_once_with_its_address_and_link(studio, wave, outbox):
    first = outbox.claim(wave.messages[0], MONDAY)
    assert first.lease_until == MONDAY + LEASES[first.channel]
    assert first.personalisation["link"].startswith("https://pulse.example.gov.uk/p/")
    assert first.personalisation["closes_on"] == "Thursday 11 June"
    assert "@" in first.address or first.address.startswith("+44")
    assert outbox.claim(wave.messages[0], MONDAY) is None


def test_of_many_senders_at_once_one_gets_the_message(studio, wave, outbox):
    claimed = []

    def claim():
        with studio.app.app_context():
            claimed.append(outbox.claim(wave.messages[0], MONDAY))

    threads = [Thread(target=claim) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([found for found in claimed if found is not None]) == 1
    assert db.session.scalars(select(Attempt.number)).all() == [1]


@pytest.mark.parametrize("moment", [MONDAY - timedelta(seconds=1), MONDAY + timedelta(days=10)])
def test_nothing_leaves_before_its_time_or_after_it(wave, outbox, moment):
    assert outbox.claim(wave.messages[0], moment) is None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("smtp", "1"), MessageState.ACCEPTED),
        (NotAccepted("smtp", "550", permanent=True), MessageState.FAILED),
        (NotAccepted("smtp", "451", permanent=False), MessageState.PENDING),
        (Unknown("smtp", "timeout"), MessageState.UNKNOWN),
    ],
)
def test_each_outcome_leads_to_its_state(wave, outbox, outcome, state):
    claimed = outbox.claim(wave.messages[0], MONDAY)
    assert outbox.record(claimed, "smtp", outcome, MONDAY)
    assert state_of(wave.messages[0]) == state
    ended = db.session.scalars(select(Attempt)).one()
    assert (ended.outcome, ended.ended_at) == (type(outcome).__name__, MONDAY)


def test_a_message_that_was_not_accepted_waits_longer_each_time(wave, outbox):
    busy = NotAccepted("smtp", "451", permanent=False)
    moment, waits = MONDAY, []
    for _ in range(9):
        claimed = outbox.claim(wave.messages[0], moment)
        outbox.record(claimed, "smtp", busy, moment)
        later = db.session.scalar(select(Message.not_before).where(Message.id == wave.messages[0]))
        db.session.rollback()
        waits.append((later - moment).total_seconds())
        moment = later
    for wait, least in zip(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600], strict=True):
        assert least <= wait <= least * 1.2, "a little by chance, so that not all come back at once"


def test_a_sender_that_comes_back_after_its_lease_cannot_record(wave, outbox):
    late = outbox.claim(wave.messages[0], MONDAY)
    assert give_up_expired_leases(MONDAY + LONGEST + timedelta(seconds=1)) == 1
    assert state_of(wave.messages[0]) == MessageState.UNKNOWN
    assert not outbox.record(late, "smtp", Accepted("smtp", "1"), MONDAY + LONGEST)
    assert state_of(wave.messages[0]) == MessageState.UNKNOWN
    assert outbox.claim(wave.messages[0], MONDAY + LONGEST) is None


def test_an_unknown_message_is_never_sent_again_by_itself(wave, outbox):
    outbox.record(outbox.claim(wave.messages[0], MONDAY), "smtp", Unknown("smtp", "x"), MONDAY)
    assert wave.messages[0] not in due_messages(MONDAY + timedelta(days=1))


def test_nobody_who_opted_out_gets_anything(studio, wave, outbox):
    token = wave.tokens("northtown-team-a")[0]
    opt_out(token, MONDAY, studio.vault)
    opt_out(token, MONDAY, studio.vault)
    assert len([found for found in wave.messages if outbox.claim(found, MONDAY) is not None]) == 5
    assert expire_messages(MONDAY) == 1
    assert MessageState.OPTED_OUT in {state_of(found) for found in wave.messages}


def test_a_reminder_does_not_leave_once_the_person_has_answered(studio, wave, outbox):
    db.session.execute(update(Message).values(purpose="reminder"))
    db.session.commit()
    record_response(wave.tokens("northtown-team-a")[0], same_answer(3), studio.vault)
    assert len([found for found in wave.messages if _claimable(outbox, found)]) == 5


def _claimable(outbox, message_id):
    try:
        return outbox.claim(message_id, MONDAY) is not None
    finally:
        db.session.rollback()


def test_messages_that_came_too_late_expire(wave):
    assert len(due_messages(MONDAY)) == 6
    assert expire_messages(MONDAY + timedelta(days=10)) == 6
    assert due_messages(MONDAY) == []


def test_the_outbox_holds_no_address_no_link_and_no_text():
    columns = {column.name for column in Message.__table__.columns}
    assert not columns & {"address", "body", "text", "link", "token", "name"}


def test_emails_and_texts_reach_their_peers_once(studio, demo_peers):
    studio.set_up({"Team A": 6})
    wave = studio.open(opened_at=datetime.now(UTC))

    tried = deliver_messages([*wave.messages, *wave.messages], demo_peers.settings, studio.vault)

    assert tried == 6
    letters, texts = list_letters(demo_peers.folder), list_texts(demo_peers.folder)
    assert (len(letters), len(texts)) == (3, 3)
    assert {state_of(found) for found in wave.messages} == {MessageState.ACCEPTED}
    links = {part.text for received in (*letters, *texts) for part in received.parts if "/p/" in part.text}
    assert links == {f"http://127.0.0.1:8000/p/{token}" for token in wave.tokens("northtown-team-a")}


def test_a_message_that_belongs_to_nothing_has_nothing_to_fill_in(wave, outbox):
    db.session.execute(update(Message).where(Message.id == wave.messages[0]).values(invitation_id=None))
    db.session.commit()
    assert outbox.claim(wave.messages[0], MONDAY).personalisation == {}


def test_a_job_stops_before_its_time_runs_out(studio, wave, demo_peers, monkeypatch):
    monkeypatch.setattr("survey_app.use_cases.messaging.LONGEST_JOB_SECONDS", -1)
    assert deliver_messages(wave.messages, demo_peers.settings, studio.vault) == 0


def test_one_row_that_cannot_be_read_does_not_hold_up_the_others(studio, demo_peers):
    studio.set_up({"Team A": 6})
    wave = studio.open(opened_at=datetime.now(UTC))
    contact = db.session.scalar(select(Message.contact_point_id).where(Message.id == wave.messages[0]))
    db.session.execute(update(ContactPoint).where(ContactPoint.id == contact).values(address_encrypted=b"spoilt"))
    db.session.commit()
    assert deliver_messages(wave.messages, demo_peers.settings, studio.vault) == 5
    assert state_of(wave.messages[0]) == MessageState.FAILED


def test_a_provider_that_surprises_us_does_not_hold_up_the_others(studio, wave, demo_peers, monkeypatch, caplog):
    def surprise(*_args):
        raise RuntimeError("amara@staff.example.org")

    monkeypatch.setattr("survey_app.use_cases.messaging.Delivery.deliver", surprise)
    assert deliver_messages(wave.messages, demo_peers.settings, studio.vault) == 0
    assert "amara" not in caplog.text
