"""Whose accounts messages leave through: an authority's own first, and what comes back finds its way."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from notifications.bounces import Bounce
from notifications.credentials import Provider
from notifications.errors import UnusableCredentials
from notifications.messages import Accepted, Channel, Fault, MessageState, NotAccepted, Unknown
from notifications.reports import Consequence, DeliveryReport
from survey_app.extensions import db, settings
from survey_app.models.audit import AuditEntry
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.models.senders import SenderGate
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.stores.sender_accounts import accounts_of
from survey_app.stores.sender_gates import note_outcome, take_turn
from survey_app.use_cases.bounces import take_in_bounce
from survey_app.use_cases.delivery_reports import take_in_report
from survey_app.use_cases.errors import SenderTaken, UnknownGroup, UnknownSender, UnusableKey
from survey_app.use_cases.messaging import deliver_messages, reconcile_messages
from survey_app.use_cases.sender_accounts import NewSender, add_sender, remove_sender
from tests.factories import MONDAY
from tests.notifications.notify_peer import API_KEY, notify_peer
from tests.notifications.test_bounces import report

NOTIFY = {"api_key": API_KEY, "template_id": "template-1", "callback_token": "a token of twenty and more"}


def notify_account(studio, url, *, authority="northtown", rank=1, channel=Channel.SMS, name="northtown-texts"):
    credentials = {**NOTIFY, "base_url": url}
    new = NewSender(name, authority, channel, Provider.GOVUK_NOTIFY, rank, 100.0, credentials)
    add_sender(new, by="Dev", now=MONDAY, vault=studio.vault)


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 6})
    return studio.open(opened_at=datetime.now(UTC))


def texts_of(wave):
    found = db.session.scalars(
        select(Message.id).where(Message.wave_id == wave.id, Message.channel == "sms").order_by(Message.dedupe_key)
    ).all()
    db.session.rollback()
    return found


def test_an_authority_with_an_account_of_its_own_uses_no_other(studio, demo_peers):
    studio.set_up({"Team A": 6})
    with notify_peer() as peer:
        notify_account(studio, peer.url, authority=None, name="everybodys")
        notify_account(studio, peer.url, rank=2, name="second")
        notify_account(studio, peer.url, rank=1, name="first")
        names = [
            [account.name for account in accounts_of(authority, Channel.SMS, demo_peers.settings, studio.vault)]
            for authority in ("northtown", "elsewhere", "")
        ]
        assert names == [["first", "second"], ["everybodys"], ["everybodys"]]
        assert [each.name for each in accounts_of("northtown", Channel.EMAIL, demo_peers.settings, studio.vault)] == [
            "smtp"
        ]


def test_texts_leave_through_it_and_its_secrets_are_readable_nowhere(studio, wave, demo_peers):
    with notify_peer() as peer:
        notify_account(studio, peer.url)
        assert deliver_messages(wave.messages, demo_peers.settings, studio.vault) == 6
    assert len(peer.taken) == 3
    assert set(db.session.scalars(select(Message.account))) == {"northtown-texts", "smtp"}
    assert set(db.session.scalars(select(Attempt.account))) == {"northtown-texts", "smtp"}
    gates = db.session.scalars(select(SenderGate)).all()
    assert {gate.account for gate in gates} == {"northtown-texts", "smtp"}
    assert all(gate.accepted_at for gate in gates)
    rows = [db.session.execute(text(f"SELECT * FROM {table}")).all() for table in ("sender_accounts", "audit_entries")]
    assert API_KEY[-36:] not in repr(rows)
    assert db.session.scalars(select(AuditEntry.action)).all().count("added sender") == 1


def test_a_lost_answer_is_found_by_its_reference_and_nothing_goes_twice(studio, wave, demo_peers):
    with notify_peer("accept then 500") as peer:
        notify_account(studio, peer.url)
        (message, *_) = texts_of(wave)
        deliver_messages([message], demo_peers.settings, studio.vault)
        db.session.execute(update(Attempt).values(claimed_at=datetime.now(UTC) - timedelta(minutes=3)))
        db.session.commit()
        peer.fault = ""
        assert reconcile_messages([message], demo_peers.settings, studio.vault) == 1
    found = db.session.get(Message, message, populate_existing=True)
    assert (found.state, found.account) == (MessageState.ACCEPTED, "northtown-texts")
    assert found.provider_message_id == peer.taken[0]["id"]
    assert len(peer.taken) == 1


def test_a_refusal_goes_on_to_the_second_account_and_a_doubt_does_not(studio, wave, demo_peers):
    one, two, three = texts_of(wave)
    with notify_peer("403 suspended") as first, notify_peer() as second:
        notify_account(studio, first.url, name="first")
        notify_account(studio, second.url, name="second", rank=2)
        deliver_messages([one], demo_peers.settings, studio.vault)
        assert (len(first.taken), len(second.taken)) == (0, 1)
        db.session.execute(update(SenderGate).values(closed_until=None))
        db.session.commit()
        first.fault = "accept then drop"
        deliver_messages([two], demo_peers.settings, studio.vault)
        assert (len(first.taken), len(second.taken)) == (1, 1), "it may have been taken: nobody else may send it"
        first.fault = "400 phone_number is not one"
        deliver_messages([three], demo_peers.settings, studio.vault)
        assert (len(first.taken), len(second.taken)) == (1, 1), "a number that is none is none for everybody"


def test_while_every_account_is_closed_messages_wait_and_no_attempt_is_counted(studio, wave, demo_peers):
    (message, *_) = texts_of(wave)
    with notify_peer() as peer:
        notify_account(studio, peer.url)
        refused = NotAccepted("govuk-notify", "403", permanent=False, fault=Fault.ACCOUNT)
        now = datetime.now(UTC)
        take_turn("northtown-texts", now, 10)
        note_outcome("northtown-texts", refused, now)
        assert deliver_messages([message], demo_peers.settings, studio.vault) == 1
        found = db.session.get(Message, message, populate_existing=True)
        assert (found.state, found.attempt_number, peer.taken) == (MessageState.PENDING, 0, [])
        assert found.not_before > now + timedelta(seconds=55)
        assert db.session.query(Attempt).count() == 0


def test_a_gate_is_written_to_seldom_while_all_is_well(app):
    take_turn("one", MONDAY, 10)
    note_outcome("one", Accepted("x", "1"), MONDAY)
    note_outcome("one", Accepted("x", "2"), MONDAY + timedelta(seconds=1))
    assert db.session.scalars(select(SenderGate.accepted_at)).all() == [MONDAY]
    note_outcome("one", Accepted("x", "3"), MONDAY + timedelta(seconds=11))
    assert db.session.scalars(select(SenderGate.accepted_at)).all() == [MONDAY + timedelta(seconds=11)]
    note_outcome("one", Unknown("x", "timeout"), MONDAY + timedelta(seconds=12))
    assert db.session.scalars(select(SenderGate.failures)).all() == [1]
    note_outcome("two", NotAccepted("x", "1", permanent=True, fault=Fault.RECIPIENT), MONDAY)
    assert db.session.query(SenderGate).count() == 2


@pytest.mark.parametrize(
    ("changes", "wrong", "says"),
    [
        ({"name": "Not A Key"}, UnusableKey, "small letters"),
        ({"authority": "nowhere"}, UnknownGroup, "nowhere"),
        ({"channel": Channel.EMAIL, "provider": Provider.TWILIO}, UnusableCredentials, "channel cannot be email"),
        ({"credentials": {}}, UnusableCredentials, "api_key is missing"),
        ({"credentials": {**NOTIFY, "apikey": "x"}}, UnusableCredentials, "apikey is not known"),
        ({"credentials": {**NOTIFY, "api_key": "short"}}, UnusableCredentials, "api_key must be the whole key"),
        ({"credentials": {**NOTIFY, "callback_token": "short"}}, UnusableCredentials, "16 characters"),
        (
            {"credentials": {**NOTIFY, "base_url": "https://elsewhere.example"}},
            UnusableCredentials,
            "this machine only",
        ),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(studio, changes, wrong, says):
    studio.set_up({})
    new = NewSender("texts", "northtown", Channel.SMS, Provider.GOVUK_NOTIFY, 1, 10.0, NOTIFY)
    with pytest.raises(wrong, match=says):
        add_sender(replace(new, **changes), by="Dev", now=MONDAY, vault=studio.vault)
    db.session.rollback()
    assert accounts_of("northtown", Channel.SMS, settings(), studio.vault) == []


@pytest.mark.parametrize(
    ("provider", "credentials", "says"),
    [
        (Provider.SMTP, {"url": "http://mail", "sender": "a@b.org"}, "url must begin with smtp"),
        (Provider.SMTP, {"url": "smtp://mail", "sender": "Pulse"}, "sender must be an address"),
        (
            Provider.TWILIO,
            {"account_sid": "AC1", "auth_token": "t", "messaging_service_sid": "MG" + "0" * 32},
            "account_sid must be AC",
        ),
        (
            Provider.TWILIO,
            {"account_sid": "AC" + "0" * 32, "auth_token": "t", "messaging_service_sid": "XX"},
            "messaging_service_sid must be MG",
        ),
    ],
)
def test_what_each_provider_needs(studio, provider, credentials, says):
    studio.set_up({})
    channel = Channel.EMAIL if provider is Provider.SMTP else Channel.SMS
    with pytest.raises(UnusableCredentials, match=says):
        add_sender(
            NewSender("mine", None, channel, provider, 1, 1.0, credentials), by="Dev", now=MONDAY, vault=studio.vault
        )


def test_a_name_and_a_place_are_taken_once_and_free_again_after(studio):
    studio.set_up({})
    notify_account(studio, "http://127.0.0.1:1", authority=None, name="mine")
    with pytest.raises(SenderTaken, match="name 'mine'"):
        notify_account(studio, "http://127.0.0.1:1", name="mine")
    with pytest.raises(SenderTaken, match="rank 1"):
        notify_account(studio, "http://127.0.0.1:1", authority=None, name="other")
    remove_sender("mine", by="Dev", now=MONDAY)
    notify_account(studio, "http://127.0.0.1:1", authority=None, name="mine")
    with pytest.raises(UnknownSender):
        remove_sender("nobodys", by="Dev", now=MONDAY)


@pytest.fixture
def mailed(studio, wave):
    """A mail that was handed over."""
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    message = db.session.scalars(select(Message.id).where(Message.channel == "email")).first()
    db.session.rollback()
    claimed = outbox.claim(message, datetime.now(UTC))
    outbox.record(claimed, "smtp", Accepted("smtp", str(claimed.attempt_id)), datetime.now(UTC))
    return claimed


def come_back(claimed, action, status, now=MONDAY):
    return take_in_bounce(report(action, status), f"bounce+{claimed.attempt_id}@example.org", now)


def contact_of(claimed):
    db.session.rollback()
    message = db.session.get(Message, claimed.message_id, populate_existing=True)
    return db.session.get(ContactPoint, message.contact_point_id, populate_existing=True)


def test_an_address_that_is_not_there_is_given_up(mailed):
    assert come_back(mailed, "failed", "5.1.1")
    assert not come_back(mailed, "failed", "5.1.1"), "taken in before"
    assert contact_of(mailed).invalid_code == "5.1.1"
    assert db.session.get(Message, mailed.message_id).state == MessageState.UNDELIVERED


@pytest.mark.parametrize(
    ("provider", "code", "channel", "invalid", "opted_out"),
    [
        ("twilio", "21614", "sms", "21614", 0),
        ("twilio", "21610", "sms", None, 1),
        ("twilio", "21617", "sms", None, 0),
        ("govuk-notify", "address-refused", "sms", "address-refused", 0),
        ("smtp", "5.1.1", "email", "5.1.1", 0),
        ("smtp", "5.7.1", "email", None, 0),
        ("smtp", "550", "email", None, 0),
    ],
)
def test_a_refusal_says_as_much_of_an_address_as_a_report(studio, wave, provider, code, channel, invalid, opted_out):
    outbox = DatabaseOutbox(studio.vault, "x")
    message = db.session.scalars(select(Message.id).where(Message.channel == channel)).first()
    db.session.rollback()
    claimed = outbox.claim(message, datetime.now(UTC))
    refusal = NotAccepted(provider, code, permanent=True, fault=Fault.RECIPIENT)
    outbox.record(claimed, provider, refusal, datetime.now(UTC))
    assert contact_of(claimed).invalid_code == invalid
    assert db.session.query(OptOut).count() == opted_out


def test_a_mailbox_that_is_full_three_times_in_a_month_gets_a_months_rest(studio, mailed):
    contact = contact_of(mailed)
    for number in (2, 3):
        assert contact.paused_until is None
        db.session.execute(
            update(Message).where(Message.id == mailed.message_id).values(state=MessageState.PENDING, not_before=MONDAY)
        )
        db.session.commit()
        assert come_back(mailed, "failed", "5.2.2"), number
        again = DatabaseOutbox(studio.vault, "x").claim(mailed.message_id, datetime.now(UTC))
        DatabaseOutbox(studio.vault, "x").record(again, "smtp", Accepted("smtp", "x"), datetime.now(UTC))
        mailed = again
        contact = contact_of(mailed)
    now = datetime.now(UTC)
    assert come_back(mailed, "failed", "5.2.2", now)
    assert contact_of(mailed).invalid_code is None
    assert contact_of(mailed).paused_until is None, "two of the three were long ago"


def test_three_times_within_a_month_is_enough(studio, mailed):
    now = datetime.now(UTC)
    outbox = DatabaseOutbox(studio.vault, "x")
    for _ in range(3):
        assert come_back(mailed, "failed", "4.2.2", now)
        paused = contact_of(mailed).paused_until
        db.session.execute(
            update(Message).where(Message.id == mailed.message_id).values(state=MessageState.PENDING, not_before=now)
        )
        db.session.commit()
        again = outbox.claim(mailed.message_id, now)
        if again is not None:
            outbox.record(again, "smtp", Accepted("smtp", "x"), now)
            mailed = again
    assert paused == now + timedelta(days=30)
    assert again is None, "nothing more is sent there"
    later = now + timedelta(days=31)
    db.session.execute(update(Message).values(expires_at=later + timedelta(days=1)))
    db.session.commit()
    assert outbox.claim(mailed.message_id, later) is not None


def test_a_delivered_report_is_evidence_for_a_mail_in_doubt(studio, wave):
    outbox = DatabaseOutbox(studio.vault, "x")
    message = db.session.scalars(select(Message.id).where(Message.channel == "email")).first()
    db.session.rollback()
    claimed = outbox.claim(message, datetime.now(UTC))
    outbox.record(claimed, "smtp", Unknown("smtp", "timeout"), datetime.now(UTC))
    assert come_back(claimed, "relayed", "2.0.0")
    db.session.rollback()
    assert db.session.get(Message, message, populate_existing=True).state == MessageState.ACCEPTED
    assert come_back(claimed, "delivered", "2.0.0")
    db.session.rollback()
    assert db.session.get(Message, message, populate_existing=True).state == MessageState.DELIVERED


def test_a_complaint_about_a_delivered_mail_is_a_wish_for_no_more(mailed):
    come_back(mailed, "delivered", "2.0.0")
    complaint = DeliveryReport("smtp", "x", "complaint", MessageState.DELIVERED, "complaint", Consequence.OPTED_OUT)
    assert take_in_report(Bounce(mailed.attempt_id, complaint).attempt_id, complaint, MONDAY)
    assert db.session.scalars(select(OptOut.scope)).all() == ["all"]


def test_networks_that_filter_many_texts_close_the_account(studio, demo_peers):
    studio.set_up({"Team A": 16})
    wave = studio.open(opened_at=datetime.now(UTC))
    deliver_messages(wave.messages, demo_peers.settings, studio.vault)
    rows = db.session.execute(
        select(Attempt.id, Message.id)
        .join(Message, Message.id == Attempt.message_id)
        .where(Message.channel == "sms")
        .order_by(Message.id)
    ).all()
    db.session.rollback()
    now = datetime.now(UTC)
    for number, (attempt, _) in enumerate(rows[:6]):
        closed = db.session.get(SenderGate, "twilio", populate_existing=True).closed_until
        db.session.rollback()
        assert closed is None, "one of twenty is bad luck"
        filtered = DeliveryReport(
            "twilio", f"SM{number}", "undelivered", MessageState.UNDELIVERED, "30007", Consequence.FILTERED
        )
        take_in_report(attempt, filtered, now)
    gate = db.session.get(SenderGate, "twilio", populate_existing=True)
    assert (gate.closed_until, gate.fault) == (now + timedelta(hours=1), "filtered")


@pytest.fixture
def notify_calls(studio, wave):
    """Somebody who calls back as GOV.UK Notify does."""
    notify_account(studio, "http://127.0.0.1:1")
    browser = studio.app.test_client()

    def call(body, token=NOTIFY["callback_token"]):
        db.session.rollback()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return browser.post("/hooks/notify/status", data=json.dumps(body), headers=headers).status_code

    return call


def test_notify_says_what_became_of_a_text(studio, wave, notify_calls):
    (message, *_) = texts_of(wave)
    claimed = DatabaseOutbox(studio.vault, "x").claim(message, datetime.now(UTC))
    body = {"id": "n1", "reference": str(claimed.attempt_id), "status": "permanent-failure", "to": claimed.address}
    assert notify_calls(body, token="a guess") == 403
    assert notify_calls(body, token="") == 403
    assert notify_calls(["nonsense"]) == 204
    assert notify_calls({**body, "status": "unheard-of"}) == 204
    assert notify_calls({**body, "reference": "nonsense"}) == 404
    assert notify_calls(body) == 204
    db.session.rollback()
    assert db.session.get(Message, message, populate_existing=True).state == MessageState.UNDELIVERED
    assert contact_of(claimed).invalid_code == "permanent-failure"


def test_a_failure_of_notifys_own_is_tried_again_another_day(studio, wave, notify_calls):
    (message, *_) = texts_of(wave)
    claimed = DatabaseOutbox(studio.vault, "x").claim(message, datetime.now(UTC))
    notify_calls({"id": "n1", "reference": str(claimed.attempt_id), "status": "technical-failure"})
    db.session.rollback()
    assert db.session.get(Message, message, populate_existing=True).state == MessageState.PENDING
