"""A gate keeps the pace, closes on illness, lets one try, and learns from what happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications.gates import CLOSED_FOR, FAILURES_TO_CLOSE, Gate, ask_for_turn, learn
from notifications.messages import Accepted, Fault, Held, NotAccepted, Unknown

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
YES = Accepted("fake", "1")
NO = NotAccepted("fake", "451", permanent=False)
DOUBT = Unknown("fake", "timeout")


def after(gate, *outcomes, now=NOON):
    for outcome in outcomes:
        gate = learn(gate, outcome, now)
    return gate


def test_turns_are_as_far_apart_as_the_account_allows_and_a_long_queue_goes_home():
    gate, turns = Gate(), []
    for _ in range(12):
        gate, turn = ask_for_turn(gate, NOON, per_second=2)
        turns.append(turn)
    assert [(turn.at - NOON).total_seconds() for turn in turns[:11]] == [step / 2 for step in range(11)]
    assert [turn.granted for turn in turns] == [True] * 11 + [False]
    assert turns[11].at == NOON + timedelta(seconds=5.5), "it is told when to come back"


def test_an_idle_gate_saves_nothing_up():
    gate, _ = ask_for_turn(Gate(), NOON, per_second=2)
    later = NOON + timedelta(hours=1)
    gate, first = ask_for_turn(gate, later, per_second=2)
    _, second = ask_for_turn(gate, later, per_second=2)
    assert (first.at, second.at) == (later, later + timedelta(seconds=0.5))


@pytest.mark.parametrize("bad", [NO, DOUBT])
def test_five_failures_within_a_minute_close_the_gate_for_a_minute(bad):
    nearly = after(Gate(), *[bad] * (FAILURES_TO_CLOSE - 1))
    assert not nearly.is_closed(NOON)
    closed = after(nearly, bad)
    assert closed.is_closed(NOON + CLOSED_FOR - timedelta(seconds=1))
    _, turn = ask_for_turn(closed, NOON, per_second=2)
    assert (turn.granted, turn.at) == (False, NOON + CLOSED_FOR)


def test_failures_that_are_far_apart_or_interrupted_do_not_close_it():
    gate = Gate()
    for minute in range(20):
        gate = learn(gate, NO, NOON + timedelta(minutes=2 * minute))
    assert gate.closed_until is None
    assert after(Gate(), *[NO, NO, NO, NO, YES] * 5).closed_until is None


def test_when_it_opens_one_alone_tries_and_decides():
    closed = after(Gate(), *[NO] * FAILURES_TO_CLOSE)
    opening = NOON + CLOSED_FOR
    trying, first = ask_for_turn(closed, opening, per_second=100)
    _, second = ask_for_turn(trying, opening, per_second=100)
    assert (first.granted, second.granted) == (True, False)
    assert not learn(trying, YES, opening).is_closed(opening)
    assert learn(trying, NO, opening).is_closed(opening + timedelta(seconds=59)), "one failure is enough now"


def test_a_fault_of_the_account_closes_it_at_once_and_is_named_until_a_message_passes():
    broken = learn(Gate(), NotAccepted("twilio", "20003", permanent=False, fault=Fault.ACCOUNT), NOON)
    assert (broken.is_closed(NOON), broken.fault) == (True, "20003")
    assert learn(broken, YES, NOON).fault == ""


def test_a_recipients_fault_says_that_the_provider_is_well():
    refused = NotAccepted("twilio", "21211", permanent=True, fault=Fault.RECIPIENT)
    assert after(Gate(), NO, NO, NO, NO, refused, NO).closed_until is None


def test_too_many_slows_down_and_each_message_speeds_up_again():
    many = NotAccepted("twilio", "20429", permanent=False, fault=Fault.PACE, retry_after_seconds=3)
    slowed = after(Gate(), many, many)
    assert (slowed.slowdown, slowed.next_turn) == (4.0, NOON + timedelta(seconds=3))
    assert slowed.closed_until is None
    assert after(slowed, *[YES] * 40).slowdown == 1.0
    assert after(Gate(), *[many] * 20).slowdown == 64.0, "it does not come to a standstill"


def test_what_was_held_taught_nothing():
    assert learn(replace(Gate(), failures=3), Held(NOON, "x"), NOON).failures == 3
    too_late = NotAccepted("none", "too-late", permanent=False)
    assert learn(Gate(), too_late, NOON) == Gate(), "nobody was asked"
