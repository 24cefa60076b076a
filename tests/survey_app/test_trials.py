"""Before anybody is asked, a programme lead reads the messages and gets them: by the way that all take."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from instruments.changes import ChangeLevel
from instruments.library import load_released
from notifications.messages import Channel, MessageState
from survey_app.extensions import db, vault
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint
from survey_app.models.pulses import Pulse
from survey_app.stores.outbox import DatabaseOutbox, due_messages
from survey_app.use_cases.digesting import plan_digests
from survey_app.use_cases.errors import NoAddressToTry, OnlyRaised, TooManyTrials
from survey_app.use_cases.instrument_library import raise_level
from survey_app.use_cases.manners import raise_group_size
from survey_app.use_cases.people import people_of
from survey_app.use_cases.trials import keep_own_number, own_number, samples, send_trial
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import DEV

AT = "/manage/pulses/monthly/messages"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    return studio


def account_id():
    return db.session.scalar(
        select(ContactPoint.account_id).where(ContactPoint.address_hash == vault().address_hash(DEV.email))
    )


def claimed(message_id, now):
    return DatabaseOutbox(vault(), "https://pulse.example.org").claim(message_id, now)


def test_each_message_is_shown_in_every_language_as_it_will_be_sent(programme):
    found = list(samples("monthly", MONDAY, "https://pulse.example.org"))
    assert [(each.wording, each.language) for each in found] == [
        ("invitation", "en"), ("invitation", "cy"), ("reminder", "en"), ("reminder", "cy")
    ]  # fmt: skip
    for each in found:
        assert ("The Crescendo team (a test)" in each.mail) == (each.wording == "invitation")
        assert "https://pulse.example.org/how-anonymous" in each.text
        assert each.size.units == len(each.text)
        assert "{{" not in each.mail + each.text + each.subject


def test_a_trial_goes_the_way_of_all_messages_and_names_nobody_elses_link(programme):
    message_id = send_trial("monthly", "invitation", "cy", Channel.EMAIL, account_id(), by="Dev", now=MONDAY)
    assert due_messages(MONDAY) == [message_id]
    found = claimed(message_id, MONDAY)
    assert (found.address, found.language, found.template) == (DEV.email, "cy", "invitation")
    assert found.personalisation["link"] == "https://pulse.example.org/how-anonymous"
    assert found.personalisation["closes_on"] == "dydd Iau 11 Mehefin"


def test_a_text_goes_to_the_own_number_only_and_changes_nothing_else(programme):
    with pytest.raises(NoAddressToTry):
        send_trial("monthly", "reminder", "en", Channel.SMS, account_id(), by="Dev", now=MONDAY)
    before = people_of("crescendo", vault())
    keep_own_number(account_id(), "+447700900123", vault())
    keep_own_number(account_id(), "+447700900124", vault())
    assert own_number(account_id(), vault()) == "+447700900124"
    message_id = send_trial("monthly", "reminder", "en", Channel.SMS, account_id(), by="Dev", now=MONDAY)
    assert claimed(message_id, MONDAY).address == "+447700900124"
    assert people_of("crescendo", vault()) == before
    programme.run_wave({"northtown-team-a": mixed_answers(8)})
    told = plan_digests(MONDAY + timedelta(days=11))
    numbers = select(ContactPoint.id).where(ContactPoint.channel == Channel.SMS, ContactPoint.account_id.is_not(None))
    assert (
        db.session.scalars(select(Message).where(Message.id.in_(told), Message.contact_point_id.in_(numbers))).all()
        == []
    )


def test_nobody_floods_themselves(programme):
    for _ in range(10):
        send_trial("monthly", "invitation", "en", Channel.EMAIL, account_id(), by="Dev", now=MONDAY)
    with pytest.raises(TooManyTrials):
        send_trial("monthly", "invitation", "en", Channel.EMAIL, account_id(), by="Dev", now=MONDAY)
    later = MONDAY + timedelta(hours=2)
    assert send_trial("monthly", "invitation", "en", Channel.EMAIL, account_id(), by="Dev", now=later)


def test_on_the_page(programme):
    dev = signed_in(programme, DEV)
    assert dev.get("/manage/pulses/none/messages").status_code == 404
    assert "As a text" in dev.get(AT).text
    form = {"wording": "invitation", "language": "en", "channel": "email"}
    for field in form:
        assert dev.post(AT, data={**form, field: "x"}).status_code == 400
    refused = dev.post(AT, data={**form, "channel": "sms", "mobile": "7"})
    assert (refused.status_code, "Enter your mobile number" in refused.text, 'value="7"' in refused.text) == (
        400, True, True
    )  # fmt: skip
    assert dev.post(AT, data={**form, "channel": "sms", "mobile": "+353 85 012 3456"}).status_code == 400
    assert dev.post(AT, data=form).status_code == 303
    assert dev.post(AT, data={**form, "channel": "sms", "mobile": "07700 900123"}).status_code == 303
    assert "on its way to you" in dev.get(f"{AT}?sent=yes").text
    rows = db.session.scalars(select(Message).where(Message.trial_of.is_not(None))).all()
    assert {(row.channel, row.state) for row in rows} == {
        ("email", MessageState.PENDING), ("sms", MessageState.PENDING)
    }  # fmt: skip
    db.session.rollback()


def test_the_fewest_people_shown_can_be_raised_and_never_lowered(programme):
    raise_group_size("monthly", 8, by="Dev", now=MONDAY)
    raise_group_size("monthly", 8, by="Dev", now=MONDAY)
    with pytest.raises(OnlyRaised):
        raise_group_size("monthly", 7, by="Dev", now=MONDAY)
    assert db.session.scalar(select(Pulse.minimum_group_size)) == 8
    db.session.rollback()
    dev = signed_in(programme, DEV)
    for wrong in ("", "x", "-1", "101", "5"):
        assert dev.post("/manage/pulses/monthly/threshold", data={"size": wrong}).status_code == 400
    assert dev.post("/manage/pulses/monthly/threshold", data={"size": "10"}).status_code == 303
    wave = programme.open(opened_at=datetime.now(UTC))
    wave.answer("northtown-team-a", mixed_answers(8))
    wave.close()
    assert "Fewer than 10" in dev.get("/teams/northtown-team-a").text


def test_another_version_is_asked_where_the_line_survives_or_its_break_is_meant(programme):
    programme.run_wave({"northtown-team-a": mixed_answers(8)})
    dev = signed_in(programme, DEV)
    at = "/manage/pulses/monthly/version"
    assert dev.post(at, data={"instrument": "nothing@1.0.0"}).status_code == 400
    second = "crescendo-pulse@1.1.0"
    raise_level(
        load_released("crescendo-pulse@1.0.0"),
        load_released(second),
        ChangeLevel.MAJOR,
        reason="More.",
        by="D",
        now=MONDAY,
    )
    breaks = dev.post(at, data={"instrument": second})
    assert (breaks.status_code, "I mean it" in breaks.text) == (409, True)
    assert db.session.scalar(select(Pulse.instrument)) == "crescendo-pulse@1.0.0"
    db.session.rollback()
    assert dev.post(at, data={"instrument": second, "breaks": "yes"}).status_code == 303
    assert db.session.scalar(select(Pulse.instrument)) == second
