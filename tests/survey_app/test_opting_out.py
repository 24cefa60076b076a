"""A wish for no more messages: of any kind, of one way, or of reminders; no roster undoes it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from notifications.messages import Channel, MessageState
from survey_app.extensions import db
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, OptOut
from survey_app.stores.outbox import DatabaseOutbox, expire_messages
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.opting_out import Stop, lift_opt_out, opt_out, opt_out_number, ways_to_reach
from survey_app.use_cases.reminding import plan_reminders
from tests.factories import MONDAY, roster_file


def person(number, **changes):
    return {
        "staff_ref": f"P{number}",
        "email": f"p{number}@staff.example.org",
        "mobile": f"07700 900{200 + number}",
        "team": "Team A",
        "service_area": "Early Help",
        **changes,
    }


@pytest.fixture
def wave(studio):
    """Six people who can be reached in both ways."""
    studio.set_up({})
    import_roster("northtown", roster_file([person(number) for number in range(6)]), MONDAY.date(), studio.vault)
    return studio.open()


def planned(wave_id, purpose="invitation"):
    db.session.rollback()
    rows = db.session.execute(
        select(Message.channel, Message.state)
        .where(Message.wave_id == wave_id, Message.purpose == purpose)
        .order_by(Message.contact_point_id)
    ).all()
    return [tuple(row) for row in rows]


def wishes():
    db.session.rollback()
    rows = db.session.execute(select(OptOut.channel, OptOut.scope).order_by(OptOut.channel))
    return [tuple(row) for row in rows]


def test_each_wish_is_kept_for_the_ways_that_it_is_about(studio, wave):
    token = wave.tokens("northtown-team-a")[0]
    assert ways_to_reach(token, studio.vault) == {Channel.SMS, Channel.EMAIL}
    opt_out(token, MONDAY, studio.vault, Stop.REMINDERS)
    assert wishes() == [("email", "reminders"), ("sms", "reminders")]
    opt_out(token, MONDAY, studio.vault, Stop.TEXTS)
    opt_out(token, MONDAY, studio.vault, Stop.REMINDERS)
    assert wishes() == [("email", "reminders"), ("sms", "all")], "of two wishes the wider one stays"
    opt_out(token, MONDAY, studio.vault)
    assert wishes() == [("email", "all"), ("sms", "all")]


def test_whoever_wants_no_texts_gets_the_next_invitation_by_email(studio, wave):
    opt_out(wave.tokens("northtown-team-a")[0], MONDAY, studio.vault, Stop.TEXTS)
    wave.close()
    second = studio.open()
    assert sorted(channel for channel, _ in planned(second.id)) == ["email", *["sms"] * 5]


def test_whoever_wants_nothing_is_still_counted_and_gets_nothing(studio, wave):
    opt_out(wave.tokens("northtown-team-a")[0], MONDAY, studio.vault)
    wave.close()
    second = studio.open()
    expire_messages(second.opened_at)
    assert sorted(state for _, state in planned(second.id)).count(MessageState.OPTED_OUT) == 1
    assert len(planned(second.id)) == 6


def test_whoever_wants_no_reminders_gets_the_invitation_alone(studio, wave):
    opt_out(wave.tokens("northtown-team-a")[0], MONDAY, studio.vault, Stop.REMINDERS)
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    assert all(outbox.claim(message, MONDAY) for message in wave.messages)
    plan_reminders(MONDAY + timedelta(days=4))
    assert len(planned(wave.id, "reminder")) == 5


def test_stop_between_planning_and_sending_and_start_after(studio, wave):
    """F15: STOP while the text waits; START lets the next one through."""
    contact = db.session.scalars(
        select(ContactPoint).join(Message, Message.contact_point_id == ContactPoint.id).order_by(ContactPoint.id)
    ).first()
    number = studio.vault.decrypt(contact.address_encrypted)
    mine = db.session.scalar(select(Message.id).where(Message.contact_point_id == contact.id))
    db.session.rollback()
    outbox = DatabaseOutbox(studio.vault, "https://pulse.example.gov.uk")
    opt_out_number(number, MONDAY, studio.vault)
    assert outbox.claim(mine, MONDAY) is None
    lift_opt_out(number, studio.vault)
    assert outbox.claim(mine, MONDAY) is not None


def test_the_same_people_again_or_under_another_reference_do_not_undo_it(studio, wave):
    opt_out(wave.tokens("northtown-team-a")[0], MONDAY, studio.vault)
    wave.close()
    again = [person(0, staff_ref="NEW1"), *(person(number) for number in range(1, 6))]
    import_roster("northtown", roster_file(again), MONDAY.date(), studio.vault)
    second = studio.open()
    expire_messages(second.opened_at)
    assert [state for _, state in planned(second.id)].count(MessageState.OPTED_OUT) == 1


def test_the_page_asks_what_should_stop_and_a_mail_program_need_not_say(studio, wave):
    browser = studio.app.test_client()
    first, second, third = wave.tokens("northtown-team-a")[:3]
    page = browser.get(f"/o/{first}").text
    assert "Reminders only" in page
    assert "emails are fine" in page
    assert "no more reminders" in browser.post(f"/o/{first}", data={"stop": "reminders"}).text
    assert "no more messages" in browser.post(f"/o/{second}", data={"List-Unsubscribe": "One-Click"}).text
    assert "no more messages" in browser.post(f"/o/{third}", data={"stop": "nonsense"}).text
    assert sorted(scope for _, scope in wishes()) == ["all"] * 4 + ["reminders"] * 2


def test_who_can_be_reached_in_one_way_is_not_asked_which(studio):
    studio.set_up({})
    people = [person(number, mobile="") for number in range(5)]
    import_roster("northtown", roster_file(people), MONDAY.date(), studio.vault)
    wave = studio.open()
    page = studio.app.test_client().get(f"/o/{wave.tokens('northtown-team-a')[0]}").text
    assert "emails are fine" not in page
