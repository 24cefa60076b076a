"""People who have not answered are reminded twice at most, at decent hours, and never somebody who has answered."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from notifications.messages import Accepted, MessageState
from notifications.windows import SendingWindow, weekdays
from survey_app.cli.authorities import authorities as authorities_command
from survey_app.cli.setup import pulses as pulses_command
from survey_app.extensions import db
from survey_app.models.messages import Message
from survey_app.models.pulses import Wave
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.stores.sending_windows import window_of
from survey_app.use_cases.errors import TooManyReminders, UnknownGroup
from survey_app.use_cases.manners import remind_after
from survey_app.use_cases.opting_out import opt_out
from survey_app.use_cases.reminding import plan_reminders
from survey_app.use_cases.responding import record_response
from survey_app.use_cases.sending_terms import set_sending_window
from tests.factories import MONDAY, same_answer

TEAM = "northtown-team-a"
HOURS = weekdays("Europe/London")


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 6})
    return studio.open()


def after(days, hours=0):
    return MONDAY + timedelta(days=days, hours=hours)


def reminders():
    db.session.rollback()
    return db.session.scalars(select(Message).where(Message.purpose == "reminder").order_by(Message.dedupe_key)).all()


def test_whoever_has_not_answered_is_reminded_after_three_days_and_after_seven(wave):
    record_response(wave.tokens(TEAM)[0], same_answer(3), wave.studio.vault)
    assert plan_reminders(after(2)) == []
    assert len(plan_reminders(after(3))) == 5
    assert plan_reminders(after(3, 1)) == []
    record_response(wave.tokens(TEAM)[1], same_answer(3), wave.studio.vault)
    assert len(plan_reminders(after(7, 1))) == 4
    assert plan_reminders(after(9)) == []
    assert len(reminders()) == 9


def test_the_second_reminder_goes_another_way_where_there_is_one(wave):
    plan_reminders(after(3))
    plan_reminders(after(7, 1))
    channels = Counter(tuple(message.dedupe_key.split(":")[-2:]) for message in reminders())
    assert channels == {("1", "email"): 3, ("1", "sms"): 3, ("2", "email"): 6}


def test_somebody_who_answers_after_the_reminder_was_planned_does_not_get_it(wave):
    planned = plan_reminders(after(3))
    for token in wave.tokens(TEAM):
        record_response(token, same_answer(3), wave.studio.vault)
    outbox = DatabaseOutbox(wave.studio.vault, "https://pulse.example.gov.uk")
    assert [outbox.claim(message, after(3, 1)) for message in planned] == [None] * 6


def test_somebody_who_opted_out_does_not_get_it(wave):
    opt_out(wave.tokens(TEAM)[0], after(1), wave.studio.vault)
    planned = plan_reminders(after(3))
    outbox = DatabaseOutbox(wave.studio.vault, "https://pulse.example.gov.uk")
    assert sum(outbox.claim(message, after(3, 1)) is not None for message in planned) == 5


def test_two_clocks_plan_each_reminder_once(wave):
    def plan(_):
        with wave.studio.app.app_context():
            found = plan_reminders(after(3))
            db.session.remove()
            return len(found)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(plan, range(2))) == [0, 6]
    assert len(reminders()) == 6


def test_nobody_gets_a_third_message_within_a_week(wave):
    wave.studio.waves = 0
    db.session.execute(update(Wave).values(opens_at=after(-1)))
    db.session.commit()
    plan_reminders(after(3))
    db.session.execute(update(Wave).values(opens_at=after(-4)))
    db.session.commit()
    assert plan_reminders(after(5, 1)) == [], "invited on Monday, reminded on Thursday, not on Saturday too"


def test_nothing_is_planned_in_the_last_two_hours_and_nothing_for_a_closed_wave(wave):
    assert plan_reminders(after(10, -1)) == []
    wave.close()
    assert plan_reminders(after(4)) == []


def test_reminders_can_be_switched_off_and_not_made_a_nuisance(wave):
    for days in ((3, 5, 7), (3, 4)):
        with pytest.raises(TooManyReminders):
            remind_after("monthly", days, by="Dev", now=MONDAY)
    remind_after("monthly", [], by="Dev", now=MONDAY)
    assert plan_reminders(after(8)) == []


def test_outside_the_hours_of_the_authority_a_message_waits(studio):
    studio.set_up({"Team A": 6})
    set_sending_window("northtown", HOURS, by="Dev", now=MONDAY)
    friday_night = datetime(2026, 6, 5, 19, tzinfo=UTC)
    wave = studio.open(opened_at=friday_night)
    monday_morning = datetime(2026, 6, 8, 7, 30, tzinfo=UTC)
    assert set(db.session.scalars(select(Message.not_before))) == {monday_morning}
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    assert outbox.claim(wave.messages[0], friday_night) is None
    claimed = outbox.claim(wave.messages[0], monday_morning)
    assert claimed.good_until == datetime(2026, 6, 8, 16, 30, tzinfo=UTC), (
        "a text that hangs is given up in the evening"
    )
    assert outbox.record(claimed, "twilio", Accepted("twilio", "SM1"), monday_morning)


def test_an_outage_does_not_push_a_message_into_the_night(studio):
    studio.set_up({"Team A": 6})
    wave = studio.open()
    set_sending_window("northtown", HOURS, by="Dev", now=MONDAY)
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    night = datetime(2026, 6, 1, 23, tzinfo=UTC)
    assert outbox.claim(wave.messages[0], night) is None
    message = db.session.get(Message, wave.messages[0], populate_existing=True)
    assert (message.state, message.not_before) == (MessageState.PENDING, datetime(2026, 6, 2, 7, 30, tzinfo=UTC))
    assert message.attempt_number == 0


def test_a_reminder_that_would_come_after_the_close_is_not_planned(studio):
    studio.set_up({"Team A": 6})
    set_sending_window("northtown", HOURS, by="Dev", now=MONDAY)
    studio.open(opened_at=MONDAY, closes_at=MONDAY + timedelta(days=4, hours=20))
    remind_after("monthly", [4], by="Dev", now=MONDAY)
    assert plan_reminders(after(4, 10)) == [], "it is Friday evening, and the wave closes on Saturday"


def test_where_nobody_decided_there_are_office_hours_and_in_a_demo_all_day(studio):
    studio.set_up({"Team A": 6})
    from survey_app.models.authorities import SendingTerms

    terms = db.session.scalars(select(SendingTerms)).one()
    authority = terms.authority_id
    db.session.delete(terms)
    db.session.commit()
    assert window_of(authority).is_open(datetime(2026, 6, 6, 3, tzinfo=UTC)), "the tests' settings are a demo's"
    found = weekdays("Europe/London")
    assert (found.opens, found.closes, sorted(found.days)) == (time(8, 30), time(17, 30), [0, 1, 2, 3, 4])


def test_the_commands_set_and_show_it(studio):
    studio.set_up({"Team A": 6})

    def run(command, *arguments):
        db.session.remove()
        return CliRunner().invoke(command, list(arguments), obj=lambda: studio.app)

    done = run(authorities_command, "window", "northtown", "--opens", "09:00", "--closed", "2026-12-24")
    assert "09:00 to 17:30 Europe/London, mon tue wed thu fri, without bank holidays of england, closed" in done.output
    shown = run(authorities_command, "show", "northtown").output
    assert "09:00 to 17:30" in shown
    assert "Open now." in shown or "Opens next on" in shown
    assert "on bank holidays too" in run(authorities_command, "window", "northtown", "--no-holidays").output
    assert "not a time zone" in run(authorities_command, "window", "northtown", "--time-zone", "Mars").output
    assert "not before it closes" in run(authorities_command, "window", "northtown", "--opens", "18:00").output
    assert run(authorities_command, "window", "nowhere").exit_code == 2
    assert "after 2 days and after 5 days" in run(pulses_command, "reminders", "monthly", "5", "2").output
    assert "Two reminders at most" in run(pulses_command, "reminders", "monthly", "5", "6").output


def test_a_window_is_stored_and_read_back_the_same(studio):
    studio.set_up({"Team A": 6})
    window = SendingWindow("Europe/Dublin", None, time(7, 15), time(20), frozenset({1, 6}), HOURS.closures)
    set_sending_window("northtown", window, by="Dev", now=MONDAY)
    from survey_app.stores.sending_windows import windows_of_all

    assert list(windows_of_all().values()) == [window]
    with pytest.raises(UnknownGroup):
        set_sending_window("nowhere", window, by="Dev", now=MONDAY)
