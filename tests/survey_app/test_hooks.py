"""What providers call back is taken in once, in any order, if it is signed; STOP is done and nothing else kept."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator

from notifications.messages import Accepted, MessageState, Unknown
from notifications.reports import twilio_report
from notifications.windows import SendingWindow
from survey_app.app import create_app
from survey_app.extensions import close_connections, db, settings
from survey_app.models.messages import Attempt, DeliveryEvent, Message
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.use_cases.delivery_reports import take_in_report
from survey_app.use_cases.sending_terms import set_sending_window
from tests.factories import MONDAY

TOKEN = "the-token-of-the-account"


@pytest.fixture
def settings_with_twilio(settings):
    from dataclasses import replace

    return replace(settings, twilio_account_sid="AC1", twilio_auth_token=TOKEN)


@pytest.fixture
def sent(studio):
    """A text that was handed over, its attempt, and who to."""
    studio.set_up({"Team A": 6})
    wave = studio.open()
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    message = db.session.scalars(
        select(Message.id).where(Message.channel == "sms").order_by(Message.dedupe_key)
    ).first()
    db.session.rollback()
    claimed = outbox.claim(message, MONDAY)
    return studio, outbox, claimed, wave


def report(claimed, status, code="", now=MONDAY, sid="SM1"):
    found = twilio_report({"MessageSid": sid, "MessageStatus": status, "ErrorCode": code})
    return take_in_report(claimed.attempt_id, found, now)


def message_of(claimed):
    db.session.rollback()
    return db.session.get(Message, claimed.message_id, populate_existing=True)


def test_reports_in_any_order_and_more_than_once_end_in_the_same_state(sent):
    _, outbox, claimed, _ = sent
    outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    assert report(claimed, "delivered")
    assert report(claimed, "sent")
    assert report(claimed, "undelivered", "30003")
    assert not report(claimed, "delivered"), "seen before"
    assert message_of(claimed).state == MessageState.DELIVERED, "what is final stays"
    assert db.session.query(DeliveryEvent).count() == 3


def test_a_report_settles_what_nobody_knew(sent):
    _, outbox, claimed, _ = sent
    outbox.record(claimed, "twilio", Unknown("twilio", "timeout"), MONDAY)
    assert report(claimed, "sent")
    found = message_of(claimed)
    assert (found.state, found.provider_message_id) == (MessageState.ACCEPTED, "SM1")


def test_a_report_that_is_faster_than_the_answer_is_not_undone_by_it(sent):
    _, outbox, claimed, _ = sent
    assert report(claimed, "delivered")
    assert not outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    assert message_of(claimed).state == MessageState.DELIVERED


def test_a_number_that_is_none_is_not_written_to_again(sent):
    studio, outbox, claimed, wave = sent
    outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    report(claimed, "undelivered", "30005")
    contact = db.session.get(ContactPoint, message_of(claimed).contact_point_id, populate_existing=True)
    assert contact.invalid_code == "30005"
    wave.close()
    again = studio.open()
    contacts = db.session.scalars(select(Message.contact_point_id).where(Message.wave_id == again.id)).all()
    assert contact.id not in contacts
    assert len(contacts) == 6, "by email now"


def test_somebody_who_opted_out_at_the_provider_is_opted_out_here(sent):
    _, outbox, claimed, _ = sent
    outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    report(claimed, "failed", "21610")
    assert db.session.scalars(select(OptOut.source)).all() == ["provider"]


def test_a_handset_out_of_reach_is_tried_once_more_the_next_day(sent):
    _, outbox, claimed, _ = sent
    window = SendingWindow("UTC", None, time(9), time(17), frozenset(range(7)))
    set_sending_window("northtown", window, by="Dev", now=MONDAY)
    outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    report(claimed, "undelivered", "30003", MONDAY + timedelta(hours=1))
    found = message_of(claimed)
    assert (found.state, found.not_before) == (MessageState.PENDING, datetime(2026, 6, 2, 9, tzinfo=UTC))
    second = outbox.claim(claimed.message_id, found.not_before)
    outbox.record(second, "twilio", Accepted("twilio", "SM2"), found.not_before)
    report(second, "undelivered", "30003", found.not_before, sid="SM2")
    assert message_of(claimed).state == MessageState.UNDELIVERED, "twice is enough"


def test_a_report_of_no_attempt_of_ours_changes_nothing(sent):
    found = twilio_report({"MessageSid": "SM9", "MessageStatus": "delivered"})
    assert not take_in_report(uuid4(), found, MONDAY)
    assert db.session.query(DeliveryEvent).count() == 0


@pytest.fixture
def twilio(app, settings_with_twilio, sent):
    """Somebody who signs as Twilio does."""
    from dataclasses import replace

    made = create_app(replace(settings_with_twilio, database_url=settings().database_url))
    browser = made.test_client()

    def call(path, token=TOKEN, **form):
        db.session.rollback()
        url = settings_with_twilio.public_base_url + path
        signature = RequestValidator(token).compute_signature(url, form)
        return browser.post(path, data=form, headers={"X-Twilio-Signature": signature, "Origin": "https://odd.example"})

    yield call
    with made.app_context():
        db.session.remove()
        close_connections()


def test_a_signed_status_is_taken_in_and_answered_with_nothing(twilio, sent):
    _, outbox, claimed, _ = sent
    outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), MONDAY)
    path = f"/hooks/twilio/status/{claimed.attempt_id}"
    reply = twilio(path, MessageSid="SM1", MessageStatus="delivered", Unheard="of")
    assert (reply.status_code, reply.data) == (204, b"")
    assert message_of(claimed).state == MessageState.DELIVERED
    assert twilio(path, MessageSid="SM1", MessageStatus="unheard-of").status_code == 204
    assert twilio("/hooks/twilio/status/nonsense", MessageSid="SM1").status_code == 404


def test_what_is_not_signed_by_the_accounts_token_is_refused(twilio, sent):
    _, _, claimed, _ = sent
    path = f"/hooks/twilio/status/{claimed.attempt_id}"
    assert twilio(path, token="another", MessageSid="SM1", MessageStatus="delivered").status_code == 403
    assert sent[0].app.test_client().post(path, data={"MessageSid": "SM1"}).status_code == 403, "no account, no hook"
    assert message_of(claimed).state == MessageState.SENDING


def test_stop_and_start_by_text(twilio, sent):
    _, _, claimed, _ = sent
    reply = twilio("/hooks/twilio/inbound", From=claimed.address, Body="Stop please", MessageSid="SM7")
    assert reply.data.decode().endswith("<Response></Response>")
    assert db.session.scalars(select(OptOut.source)).all() == ["reply"]
    twilio("/hooks/twilio/inbound", From=claimed.address, Body="Stop", MessageSid="SM8")
    assert db.session.query(OptOut).count() == 1
    twilio("/hooks/twilio/inbound", From=claimed.address, Body="START", MessageSid="SM9")
    db.session.rollback()
    assert db.session.query(OptOut).count() == 0


def test_anything_else_gets_a_sentence_and_nothing_of_it_is_kept(twilio, sent):
    _, _, claimed, _ = sent
    canary = "Ann Smith told me about the family in Mill Road"
    reply = twilio("/hooks/twilio/inbound", From=claimed.address, Body=canary, MessageSid="SM7")
    assert "nothing of yours was kept" in reply.text
    assert "Reply STOP" in twilio("/hooks/twilio/inbound", From=claimed.address, Body="help").text
    silent = twilio("/hooks/twilio/inbound", From=claimed.address, Body="help", OptOutType="HELP")
    assert "<Message>" not in silent.text, "Twilio has answered already"
    for table in ("delivery_events", "audit_entries", "messages", "attempts", "opt_outs"):
        rows = db.session.execute(text(f"SELECT * FROM {table}")).all()
        assert "Mill Road" not in repr(rows)
    twilio("/hooks/twilio/inbound", Body="stop")
    assert db.session.query(OptOut).count() == 0, "nobody sent it"


def test_a_second_attempt_is_another_attempt(sent):
    _, _, claimed, _ = sent
    assert db.session.scalars(select(Attempt.number).where(Attempt.message_id == claimed.message_id)).all() == [1]
