"""GOV.UK Notify: every answer has its outcome, and whatever is in doubt is found by its reference."""

import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifications.errors import CouldNotAsk
from notifications.messages import Accepted, Channel, Fault, NotAccepted, Unknown
from notifications.rendering import render
from notifications.transports.govuk_notify import NotifyService, NotifyTransport
from survey_app.processes.broker import LOOPBACK, free_port
from tests.notifications.notify_peer import API_KEY, SECRET, notify_peer
from tests.notifications.test_rendering import CLAIMED

MAIL = render(CLAIMED)
TEXT = render(replace(CLAIMED, channel=Channel.SMS, address="+447700900123"))
SINCE = datetime(2026, 6, 1, tzinfo=UTC)


def transport(url, channel=Channel.SMS, key=API_KEY):
    return NotifyTransport(NotifyService(key, "template-1", url), channel, timeout_seconds=0.7)


def test_a_text_and_a_mail_arrive_with_our_words_and_our_reference():
    with notify_peer() as peer:
        text = transport(peer.url).send(TEXT)
        mail = transport(peer.url, Channel.EMAIL).send(MAIL)
    sms, email = peer.taken
    assert text == Accepted("govuk-notify", sms["id"])
    assert mail == Accepted("govuk-notify", email["id"])
    assert (sms["phone_number"], sms["personalisation"]) == (TEXT.address, {"body": TEXT.text})
    assert (email["email_address"], email["personalisation"]["subject"]) == (MAIL.address, MAIL.subject)
    assert email["one_click_unsubscribe_url"] == MAIL.unsubscribe_url
    assert {sms["reference"], email["reference"]} == {str(TEXT.attempt_id)}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("400 phone_number is too short", ("address-refused", True, Fault.RECIPIENT)),
        ("400 template not found", ("400", False, Fault.ACCOUNT)),
        ("403 system clock", ("403", False, Fault.ACCOUNT)),
        ("429 Exceeded rate limit", ("429", False, Fault.PACE)),
    ],
)
def test_what_is_refused_was_not_taken(fault, outcome):
    with notify_peer(fault) as peer:
        found = transport(peer.url).send(TEXT)
    assert isinstance(found, NotAccepted)
    assert (found.code, found.permanent, found.fault) == outcome
    assert peer.taken == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("503", "503"),
        ("drop", "ConnectionError"),
        ("hang", "ReadTimeout"),
        ("accept then 500", "500"),
        ("accept then drop", "ConnectionError"),
        ("accept then garbage", "InvalidResponse"),
        ("accept without id", "no-id"),
    ],
)
def test_what_may_have_been_taken_is_in_doubt_until_notify_is_asked(fault, code):
    with notify_peer(fault) as peer:
        way = transport(peer.url)
        assert way.send(TEXT) == Unknown("govuk-notify", code)
        found = way.find(TEXT, SINCE)
        way.close()
    assert found == (peer.taken[0]["id"] if peer.taken else None)


def test_a_service_that_is_not_there_took_nothing():
    refused = NotAccepted("govuk-notify", "refused", permanent=False)
    assert transport(f"http://{LOOPBACK}:{free_port()}").send(TEXT) == refused
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(2)]
        for caller in waiting:
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        outcome = transport(f"http://{LOOPBACK}:{listener.getsockname()[1]}").send(TEXT)
        for caller in waiting:
            caller.close()
    assert outcome == refused


@pytest.mark.parametrize("fault", ["list 500", "list garbage"])
def test_a_service_that_cannot_say_has_not_said_no(fault):
    with notify_peer(fault) as peer, pytest.raises(CouldNotAsk):
        transport(peer.url).find(TEXT, SINCE)


def test_a_key_of_another_service_is_the_accounts_fault():
    with notify_peer() as peer:
        found = transport(peer.url, key=API_KEY[:-36] + SECRET[::-1]).send(TEXT)
    assert (found.fault, peer.taken) == (Fault.ACCOUNT, [])


def test_a_key_is_not_printed():
    assert API_KEY not in repr(NotifyService(API_KEY, "template-1"))
