"""F7, F8, F9, F10: providers that take a text and do not say so, refuse, hang, forget, or report in any order."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from notifications.messages import Channel, MessageState
from survey_app.app import create_app
from survey_app.demo.text_peer import AUTH_TOKEN
from survey_app.extensions import close_connections, db
from survey_app.models.messages import Attempt, DeliveryEvent, Message
from survey_app.use_cases.messaging import deliver_messages, reconcile_messages
from tests.faults.stage import DONE, misbehave
from tests.notifications.notify_peer import notify_peer
from tests.survey_app.test_sender_accounts import notify_account


def sent_once(stage, people):
    return Counter(stage.ledger().values()) == {1: people}


def send(stage, message):
    deliver_messages([message], stage.settings, stage.studio.vault)


def ask(stage, message):
    stage.minutes_pass(3)
    reconcile_messages([message], stage.settings, stage.studio.vault)


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        ("accept then 500", MessageState.UNKNOWN),
        ("accept then drop", MessageState.UNKNOWN),
        ("accept then garbage", MessageState.UNKNOWN),
        ("503", MessageState.UNKNOWN),
        ("drop", MessageState.UNKNOWN),
        ("429", MessageState.PENDING),
    ],
)
def test_f7_each_misbehaviour_has_its_class_and_the_text_is_taken_once(stage, fault, first):
    (message,) = stage.open_wave(1)
    misbehave(stage.folder, fault=fault, times=1)
    send(stage, message)
    assert stage.states() == {first: 1}
    for _ in range(4):
        ask(stage, message)
        send(stage, message)
    assert set(stage.states()) <= DONE
    assert sent_once(stage, 1)


def test_f7_a_text_that_is_taken_and_reported_late_is_settled_by_the_report(stage):
    (message,) = stage.open_wave(1)
    misbehave(stage.folder, fault="accept then drop", times=1)
    send(stage, message)
    attempt = db.session.scalars(select(Attempt.id)).one()
    call(stage, attempt, "SM1", "delivered")
    assert stage.states() == {MessageState.DELIVERED: 1}
    ask(stage, message)
    send(stage, message)
    assert sent_once(stage, 1)


def test_f7_many_refusals_in_a_row_are_waited_out(stage):
    (message,) = stage.open_wave(1)
    misbehave(stage.folder, fault="429", times=3)
    for _ in range(5):
        send(stage, message)
        stage.minutes_pass(10)
    assert set(stage.states()) <= DONE
    assert sent_once(stage, 1)


def test_f8_a_list_that_is_late_once_leads_to_no_second_text(stage):
    (message,) = stage.open_wave(1)
    misbehave(stage.folder, fault="accept then drop", times=1, hide=1)
    send(stage, message)
    ask(stage, message)
    found = db.session.get(Message, message, populate_existing=True)
    assert (found.state, found.absences) == (MessageState.UNKNOWN, 1)
    db.session.rollback()
    ask(stage, message)
    assert set(stage.states()) <= DONE
    assert sent_once(stage, 1)


def test_f9_from_a_doubt_nothing_goes_on_to_another_provider(stage):
    refused, doubtful = stage.open_wave(2)
    with notify_peer("403 suspended") as first, notify_peer() as second:
        notify_account(stage.studio, first.url, name="first", channel=Channel.SMS)
        notify_account(stage.studio, second.url, name="second", rank=2, channel=Channel.SMS)
        send(stage, refused)
        assert [len(first.taken), len(second.taken)] == [0, 1]
        stage.minutes_pass(2)
        from sqlalchemy import update

        from survey_app.models.senders import SenderGate

        db.session.execute(update(SenderGate).values(closed_until=None))
        db.session.commit()
        first.fault = "accept then drop"
        send(stage, doubtful)
        first.fault = ""
        for _ in range(3):
            ask(stage, doubtful)
            send(stage, doubtful)
        assert [len(first.taken), len(second.taken)] == [1, 1]
    assert set(stage.states()) <= DONE
    assert stage.ledger() == {}


def call(stage, attempt, sid, status, *, token=AUTH_TOKEN, code=""):
    made = create_app(replace(stage.settings, redis_url=""))
    path = f"/hooks/twilio/status/{attempt}"
    form = {"MessageSid": sid, "MessageStatus": status, **({"ErrorCode": code} if code else {})}
    signature = RequestValidator(token).compute_signature(stage.settings.public_base_url + path, form)
    db.session.rollback()
    answer = made.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})
    with made.app_context():
        db.session.remove()
        close_connections()
    return answer.status_code


def test_f10_reports_are_taken_once_in_any_order_from_whoever_can_sign(stage):
    (message,) = stage.open_wave(1)
    send(stage, message)
    attempt = db.session.scalars(select(Attempt.id)).one()
    sid = db.session.scalars(select(Message.provider_message_id)).one()
    assert call(stage, attempt, sid, "delivered", token="another") == 403
    assert stage.states() == {MessageState.ACCEPTED: 1}
    for status in ("delivered", "sent", "sending", "queued"):
        for _ in range(3):
            assert call(stage, attempt, sid, status) == 204
    assert call(stage, attempt, sid, "undelivered", code="30005") == 204
    assert stage.states() == {MessageState.DELIVERED: 1}, "what is final stays"
    assert db.session.query(DeliveryEvent).count() == 5
    db.session.rollback()


def test_f10_while_a_token_is_changed_the_old_one_and_the_new_one_are_both_good(stage):
    from datetime import UTC, datetime

    from notifications.credentials import Provider
    from survey_app.demo.text_peer import ACCOUNT_SID, MESSAGING_SERVICE_SID
    from survey_app.use_cases.sender_accounts import NewSender, add_sender

    (message,) = stage.open_wave(1)
    credentials = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "previous_auth_token": "the-token-before",
        "messaging_service_sid": MESSAGING_SERVICE_SID,
        "base_url": stage.settings.twilio_base_url,
    }
    new = NewSender("texts", "northtown", Channel.SMS, Provider.TWILIO, 1, 100.0, credentials)
    add_sender(new, by="Dev", now=datetime.now(UTC), vault=stage.studio.vault)
    send(stage, message)
    attempt = db.session.scalars(select(Attempt.id)).one()
    assert call(stage, attempt, "SM1", "sent", token="the-token-before") == 204
    assert call(stage, attempt, "SM1", "delivered") == 204
    assert call(stage, attempt, "SM1", "failed", token="the-token-before-that") == 403
