from dataclasses import replace
from datetime import timedelta

from notifications.delivery import deliver
from notifications.messages import Accepted, Channel, NotAccepted
from tests.fakes import FakeOutbox, FakeTransport
from tests.notifications.test_rendering import CLAIMED

NOW = CLAIMED.lease_until - timedelta(seconds=120)
YES = Accepted("fake", "1")


def test_a_claimed_message_is_handed_over_once_and_its_outcome_recorded():
    outbox, transport = FakeOutbox(CLAIMED), FakeTransport(lambda _: YES)

    outcome = deliver(CLAIMED.message_id, outbox, {Channel.EMAIL: transport}, lambda: NOW)
    again = deliver(CLAIMED.message_id, outbox, {Channel.EMAIL: transport}, lambda: NOW)

    assert (outcome, again) == (YES, None)
    assert outbox.recorded == [YES]
    assert len(transport.sent) == 1


def test_nothing_leaves_when_the_lease_would_not_outlast_the_call():
    outbox, transport = FakeOutbox(CLAIMED), FakeTransport(lambda _: YES)
    late = CLAIMED.lease_until - timedelta(seconds=20)
    deliver(CLAIMED.message_id, outbox, {Channel.EMAIL: transport}, lambda: late)
    assert transport.sent == []
    assert outbox.recorded == [NotAccepted("none", "lease-too-short", permanent=False)]


def test_a_channel_without_a_provider_is_tried_again_later():
    outbox = FakeOutbox(CLAIMED)
    deliver(CLAIMED.message_id, outbox, {}, lambda: NOW)
    assert outbox.recorded == [NotAccepted("none", "channel-not-configured", permanent=False)]


def test_a_message_that_cannot_be_rendered_fails_for_good_and_logs_no_content(caplog):
    outbox, transport = FakeOutbox(replace(CLAIMED, personalisation={})), FakeTransport(lambda _: YES)
    deliver(CLAIMED.message_id, outbox, {Channel.EMAIL: transport}, lambda: NOW)
    assert outbox.recorded == [NotAccepted("rendering", "IncompletePersonalisation", permanent=True)]
    assert "amara" not in caplog.text
