"""Messages leave at decent hours: in the authority's own time, over both clock changes, without its holidays."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.errors import UnusableWindow
from notifications.windows import ALWAYS, Nation, SendingWindow, read_hours, weekdays

LONDON = weekdays("Europe/London")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (utc(2026, 1, 5, 8, 29), False),
        (utc(2026, 1, 5, 8, 30), True),
        (utc(2026, 1, 5, 17, 29), True),
        (utc(2026, 1, 5, 17, 30), False),
        (utc(2026, 6, 1, 7, 30), True),  # summer: half past eight in London
        (utc(2026, 6, 1, 16, 30), False),
        (utc(2026, 6, 6, 12), False),  # Saturday
        (utc(2026, 5, 25, 12), False),  # spring bank holiday
        (utc(2026, 12, 28, 12), False),  # Boxing Day was a Saturday
    ],
)
def test_weekdays_from_half_past_eight_to_half_past_five_in_london(moment, is_open):
    assert LONDON.is_open(moment) == is_open


def test_what_comes_too_late_waits_for_the_next_working_day():
    assert LONDON.next_opening(utc(2026, 4, 2, 18)) == utc(2026, 4, 7, 7, 30), "after Good Friday and Easter Monday"
    assert LONDON.next_opening(utc(2026, 1, 5, 6)) == utc(2026, 1, 5, 8, 30)
    assert LONDON.next_opening(utc(2026, 1, 5, 12)) == utc(2026, 1, 5, 12)


def test_both_clock_changes():
    every_day = SendingWindow("Europe/London", None, time(1, 30), time(3), frozenset(range(7)))
    # on 29 March 2026 half past one does not exist: the window opens when it would have
    assert every_day.next_opening(utc(2026, 3, 28, 20)) == utc(2026, 3, 29, 1, 30)
    assert every_day.closing_after(utc(2026, 3, 29, 1, 40)) == utc(2026, 3, 29, 2)
    # on 25 October half past one comes twice: the first counts
    assert every_day.next_opening(utc(2026, 10, 24, 20)) == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    ("day", "open_in"),
    [
        (date(2026, 4, 6), {Nation.SCOTLAND}),  # Easter Monday
        (date(2026, 3, 17), {Nation.ENGLAND, Nation.WALES, Nation.SCOTLAND}),  # St Patrick's Day
        (date(2026, 11, 30), {Nation.ENGLAND, Nation.WALES, Nation.NORTHERN_IRELAND}),  # St Andrew's Day
    ],
)
def test_each_nation_keeps_its_own_holidays(day, open_in):
    noon = datetime.combine(day, time(12), UTC)
    windows = {
        nation: SendingWindow("Europe/London", nation, time(9), time(17), frozenset(range(5))) for nation in Nation
    }
    assert {nation for nation, window in windows.items() if window.is_open(noon)} == open_in


def test_days_that_an_authority_is_closed():
    closed = weekdays("Europe/London", [date(2026, 12, 24)])
    assert not closed.is_open(utc(2026, 12, 24, 12))
    assert LONDON.is_open(utc(2026, 12, 24, 12))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"opens": time(18), "closes": time(9)}, "opens at 18:00"),
        ({"opens": time(9), "closes": time(9)}, "not before"),
        ({"days": frozenset()}, "a day of the week"),
        ({"days": frozenset({7})}, "a day of the week"),
    ],
)
def test_a_window_that_never_opens_is_refused(change, said):
    values = {"opens": time(9), "closes": time(17), "days": frozenset({0})} | change
    with pytest.raises(UnusableWindow, match=said):
        SendingWindow("Europe/London", None, **values)


def test_a_window_whose_every_day_is_closed_says_so():
    mondays = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(60)]
    window = SendingWindow("Europe/London", None, time(9), time(17), frozenset({0}), frozenset(mondays))
    with pytest.raises(UnusableWindow, match="within a year"):
        window.next_opening(utc(2026, 1, 5, 6))


@given(st.integers(0, 3 * 365 * 24 * 60))
def test_the_next_opening_is_open_not_before_and_nothing_before_it_is(minutes):
    moment = utc(2026, 1, 1) + timedelta(minutes=minutes)
    opening = LONDON.next_opening(moment)
    assert opening >= moment
    assert LONDON.is_open(opening)
    assert LONDON.closing_after(opening) > opening
    assert opening == moment or not LONDON.is_open(opening - timedelta(seconds=1))
    assert ALWAYS.is_open(moment)


@pytest.mark.parametrize(
    ("hours", "days", "opens", "closes"),
    [
        ("14:00-22:00", {0, 1, 2, 3, 4, 5, 6}, time(14), time(22)),
        ("Mon-Fri 06:00-14:00", {0, 1, 2, 3, 4}, time(6), time(14)),
        (" sat, SUN 8:00 - 20:30 ", {5, 6}, time(8), time(20, 30)),
        ("Fri-Mon,Wed 09:00-10:00", {4, 5, 6, 0, 2}, time(9), time(10)),
    ],
)
def test_hours_of_somebody_on_shifts(hours, days, opens, closes):
    assert read_hours(hours) == (frozenset(days), opens, closes)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("nights", "is not written like Mon-Sun 14:00-22:00"),
        ("Mon-Fry 14:00-22:00", "names a day or an hour that there is not"),
        ("25:00-26:00", "names a day or an hour that there is not"),
        ("22:00-06:00", "ends before it begins"),
    ],
)
def test_hours_that_cannot_be_read_say_how_they_are_written(hours, said):
    with pytest.raises(UnusableWindow, match=said):
        read_hours(hours)


def test_somebody_with_hours_of_their_own_works_on_holidays_and_closed_days_too():
    closed = weekdays("Europe/London", [date(2026, 6, 2)])
    evenings = closed.with_hours("14:00-22:00")
    assert not closed.is_open(utc(2026, 5, 25, 15)), "a bank holiday"
    assert evenings.is_open(utc(2026, 5, 25, 15))
    assert evenings.is_open(utc(2026, 6, 2, 20))
    assert not evenings.is_open(utc(2026, 6, 2, 8))


def test_a_day_on_which_nothing_leaves_says_why():
    assert LONDON.closed_because(utc(2026, 4, 3, 12)) == "Good Friday"
    assert LONDON.closed_because(utc(2026, 4, 4, 12)) == "Saturday"
    assert LONDON.closed_because(utc(2026, 4, 7, 12)) == ""
    closed = replace(LONDON, closures=frozenset({date(2026, 4, 7)}))
    assert closed.closed_because(utc(2026, 4, 7, 12)) == "the authority is closed"
