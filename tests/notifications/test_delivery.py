from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.delivery import Delivery
from notifications.gates import CLOSED_FOR, FAILURES_TO_CLOSE
from notifications.messages import Accepted, Fault, Held, NotAccepted, Unknown
from tests.fakes import FakeOutbox, FakeRoutes, FakeTransport
from tests.notifications.test_rendering import CLAIMED

NOW = CLAIMED.lease_until - timedelta(seconds=120)
YES = Accepted("fake", "1")
NO = NotAccepted("fake", "451", permanent=False)


def deliver(outbox, routes, now=NOW, waited=None):
    return Delivery(outbox, routes, lambda: now, (waited if waited is not None else []).append).deliver(
        CLAIMED.message_id
    )


def test_a_claimed_message_is_handed_over_once_and_its_outcome_recorded():
    outbox, transport = FakeOutbox(CLAIMED), FakeTransport(lambda _: YES)

    outcome = deliver(outbox, FakeRoutes({"first": transport}))
    again = deliver(outbox, FakeRoutes({"first": transport}))

    assert (outcome, again) == (YES, None)
    assert (outbox.recorded, outbox.accounts) == ([YES], ["first"])
    assert len(transport.sent) == 1


def test_nothing_leaves_when_the_lease_would_not_outlast_the_call():
    outbox, transport = FakeOutbox(CLAIMED), FakeTransport(lambda _: YES)
    deliver(outbox, FakeRoutes({"first": transport}), CLAIMED.lease_until - timedelta(seconds=20))
    assert transport.sent == []
    assert outbox.recorded == [NotAccepted("none", "lease-too-short", permanent=False)]


def test_nothing_leaves_that_would_arrive_too_late_to_be_of_use():
    outbox, transport = FakeOutbox(replace(CLAIMED, good_until=NOW)), FakeTransport(lambda _: YES)
    deliver(outbox, FakeRoutes({"first": transport}))
    assert transport.sent == []
    assert outbox.recorded == [NotAccepted("none", "too-late", permanent=False)]


def test_a_channel_without_a_provider_is_tried_again_later():
    outbox = FakeOutbox(CLAIMED)
    deliver(outbox, FakeRoutes({}))
    assert outbox.recorded == [NotAccepted("none", "channel-not-configured", permanent=False)]


def test_a_message_that_cannot_be_rendered_fails_for_good_and_logs_no_content(caplog):
    outbox, transport = FakeOutbox(replace(CLAIMED, personalisation={})), FakeTransport(lambda _: YES)
    deliver(outbox, FakeRoutes({"first": transport}))
    assert outbox.recorded == [NotAccepted("rendering", "IncompletePersonalisation", permanent=True)]
    assert "amara" not in caplog.text


def test_a_refusal_goes_on_to_the_second_account():
    first, second = FakeTransport(lambda _: NO), FakeTransport(lambda _: YES)
    outbox = FakeOutbox(CLAIMED)
    assert deliver(outbox, FakeRoutes({"first": first, "second": second})) == YES
    assert outbox.accounts == ["second"]


@pytest.mark.parametrize(
    "outcome",
    [
        Unknown("fake", "timeout"),
        NotAccepted("fake", "21211", permanent=True, fault=Fault.RECIPIENT),
        YES,
    ],
)
def test_nothing_but_a_refusal_that_may_pass_goes_on_to_the_second_account(outcome):
    first, second = FakeTransport(lambda _: outcome), FakeTransport(lambda _: YES)
    outbox = FakeOutbox(CLAIMED)
    assert deliver(outbox, FakeRoutes({"first": first, "second": second})) == outcome
    assert second.sent == []
    assert outbox.accounts == ["first"]


def test_where_every_account_is_closed_the_message_is_held_until_one_opens():
    routes = FakeRoutes({"first": FakeTransport(lambda _: NO)})
    for _ in range(FAILURES_TO_CLOSE):
        deliver(FakeOutbox(CLAIMED), routes)
    outbox = FakeOutbox(CLAIMED)
    held = deliver(outbox, routes)
    assert held == Held(NOW + CLOSED_FOR, "account-closed-or-busy")
    assert len(routes.transports["first"].sent) == FAILURES_TO_CLOSE

    both = FakeRoutes({**routes.transports, "second": FakeTransport(lambda _: NO)}, gates=routes.gates)
    assert deliver(FakeOutbox(CLAIMED), both) == NO, "an account that was asked says more than one that was not"


def test_an_account_that_refused_says_more_than_a_second_one_that_is_closed():
    closed = FakeRoutes({"second": FakeTransport(lambda _: NO)})
    for _ in range(FAILURES_TO_CLOSE):
        deliver(FakeOutbox(CLAIMED), closed)
    both = FakeRoutes({"first": FakeTransport(lambda _: NO), **closed.transports}, gates=closed.gates)
    outbox = FakeOutbox(CLAIMED)
    assert deliver(outbox, both) == NO
    assert outbox.accounts == ["first"]


def test_a_message_waits_for_its_turn():
    waited = []
    routes = FakeRoutes({"first": FakeTransport(lambda _: YES)}, per_second=4)
    for _ in range(3):
        deliver(FakeOutbox(CLAIMED), routes, waited=waited)
    assert waited == [0.0, 0.25, 0.5]
