"""A calendar shows every send before it is planned, says what it waits for, and is planned once, all or none."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.windows import Nation, SendingWindow
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.pulses import Pulse, Wave
from survey_app.use_cases.errors import KeyTaken, UnusablePlan, WrongWaveState
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.launch_warnings import warnings
from survey_app.use_cases.planning import Plan, plan_waves, preview, unplan_wave
from survey_app.use_cases.pulses import plan_bridge
from survey_app.use_cases.sending_terms import set_sending_window
from tests.factories import MONDAY, signed_in
from tests.people import DEV

OFFICE = SendingWindow(
    "Europe/London", Nation.ENGLAND, time(9), time(17), frozenset(range(5)), frozenset({date(2026, 12, 24)})
)


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 3})
    studio.appoint()
    set_sending_window("northtown", OFFICE, by="Dev", now=MONDAY)
    return studio


def plan(day=date(2026, 12, 23), *, opens=time(9), open_days=10, weeks=None, waves=1):
    return Plan(day, opens, open_days, weeks, waves)


def sends(wave):
    return [(send.what, f"{send.leaves:%a %d %b %H:%M}", send.waits_for) for send in wave.sends]


def test_each_send_is_in_local_time_and_says_what_it_waits_for(programme):
    (wave,) = preview("monthly", plan(), MONDAY)
    assert wave.label == "December 2026"
    assert sends(wave) == [
        ("Invitations", "Wed 23 Dec 09:00", ""),
        ("Reminder 1", "Tue 29 Dec 09:00", "Boxing Day"),
        ("Reminder 2", "Wed 30 Dec 09:00", ""),
    ]
    (wave,) = preview("monthly", plan(date(2026, 12, 22)), MONDAY)
    assert sends(wave)[1] == ("Reminder 1", "Tue 29 Dec 09:00", "Christmas Day")
    (wave,) = preview("monthly", plan(date(2026, 12, 24)), MONDAY)
    assert sends(wave)[0] == ("Invitations", "Tue 29 Dec 09:00", "the authority is closed")
    assert [send.what for send in wave.clashes] == ["Invitations", "Reminder 1"]
    assert db.session.scalars(select(Wave)).all() == []


def test_an_hour_stays_the_same_on_the_clock_when_the_clocks_change(programme):
    waves = preview("monthly", plan(date(2026, 9, 30), waves=3), MONDAY)
    local = [wave.opens_at.astimezone(ZoneInfo("Europe/London")) for wave in waves]
    assert {each.hour for each in local} == {9}
    assert [wave.opens_at.hour for wave in waves] == [8, 9, 9]


def test_every_month_goes_on_where_a_month_is_short_and_over_the_year(programme):
    waves = preview("monthly", plan(date(2026, 12, 31), waves=4), MONDAY)
    days = [f"{wave.opens_at:%Y-%m-%d}" for wave in waves]
    assert days == ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]
    assert [wave.key for wave in waves[:2]] == ["monthly-2026-12", "monthly-2027-01"]
    fortnightly = preview("monthly", plan(weeks=2, waves=2), MONDAY)
    assert [wave.label for wave in fortnightly] == ["23 December 2026", "6 January 2027"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"waves": 0}, "waves"), ({"waves": 25}, "waves"), ({"open_days": 1}, "open_days"),
        ({"open_days": 28}, "open_days"), ({"weeks": 1, "open_days": 8}, "open_days"), ({"weeks": 27}, "every"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_names_its_field(changed, field):
    with pytest.raises(UnusablePlan) as error:
        plan(**changed)
    assert error.value.field == field


def test_a_plan_is_kept_whole_or_not_at_all_and_twice_is_once(programme):
    wanted = plan(waves=3)
    assert plan_waves("monthly", wanted, by="Dev", now=MONDAY) == 3
    with pytest.raises(KeyTaken):
        plan_waves("monthly", wanted, by="Dev", now=MONDAY)
    overlapping = plan(date(2027, 2, 1), waves=1, weeks=4)
    with pytest.raises(UnusablePlan, match="would be open at the same time as January 2027"):
        plan_waves("monthly", plan(date(2027, 1, 25), weeks=4), by="Dev", now=MONDAY)
    with pytest.raises(UnusablePlan, match="still to come"):
        plan_waves("monthly", plan(date(2026, 5, 1)), by="Dev", now=MONDAY)
    db.session.rollback()
    assert db.session.scalars(select(Wave.key).order_by(Wave.id)).all() == [
        "monthly-2026-12", "monthly-2027-01", "monthly-2027-02",
    ]  # fmt: skip
    assert overlapping.waves == 1


def test_a_wave_leaves_the_calendar_only_before_it_opens_and_a_bridge_whole(programme):
    plan_waves("monthly", plan(), by="Dev", now=MONDAY)
    unplan_wave("monthly-2026-12", by="Dev", now=MONDAY)
    plan_bridge("monthly", "b", "crescendo-pulse@1.1.0", label="B", opens_at=MONDAY, closes_at=MONDAY + timedelta(9))
    unplan_wave("b-new", by="Dev", now=MONDAY)
    assert db.session.scalars(select(Wave)).all() == []
    wave = programme.open()
    with pytest.raises(WrongWaveState):
        unplan_wave(wave.key, by="Dev", now=MONDAY)
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions.count("unplan wave") == 3


def test_what_to_know_first(programme):
    add_group("southtown", "Southtown", Level.AUTHORITY, "crescendo")
    found = warnings("monthly", date(2027, 1, 1), MONDAY, programme.vault)
    assert "Southtown has nobody on its roster: nobody there will be asked." in found
    assert any(
        each.startswith("1 team has fewer than 5 people and can never be shown alone (Team B)") for each in found
    )
    assert any("Nothing sends email here yet" in each for each in found)
    assert any("Nobody holds a copy of wave keys" in each for each in found)


ASKED = {"first_day": "2030-01-07", "opens": "09:00", "open_days": "10", "every": "month", "waves": "2"}


def test_the_pages_from_preview_to_plan(programme):
    dev = signed_in(programme, DEV)
    looked = dev.get("/manage/pulses/monthly/calendar", query_string=ASKED)
    assert looked.status_code == 200
    assert "2 waves, not planned yet" in looked.text
    assert "Before you plan" in looked.text
    assert "Monday 7 January 2030, 09:00" in looked.text
    assert db.session.scalars(select(Wave)).all() == []
    db.session.rollback()
    planned = [dev.post("/manage/pulses/monthly/calendar", data=ASKED) for _ in range(2)]
    assert [answer.status_code for answer in planned] == [303, 409]
    assert "another pulse or wave" in planned[1].text or "key" in planned[1].text
    page = dev.get("/manage/waves").text
    assert "January 2030" in page
    assert "February 2030" in page


@pytest.mark.parametrize(
    ("field", "typed"),
    [("first_day", "soon"), ("opens", "nine"), ("open_days", "many"), ("waves", "1000"), ("every", "year")],
)
def test_a_calendar_that_is_not_right_names_the_field_and_keeps_the_rest(programme, field, typed):
    dev = signed_in(programme, DEV)
    answer = dev.get("/manage/pulses/monthly/calendar", query_string={**ASKED, field: typed})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    kept = "open_days" if field != "open_days" else "waves"
    assert f'value="{ASKED[kept]}"' in answer.text


def test_a_wave_is_opened_paused_closed_early_and_withdrawn_on_its_page(programme):
    dev = signed_in(programme, DEV)
    dev.post("/manage/pulses/monthly/calendar", data={**ASKED, "waves": "1"})
    page = "/manage/waves/monthly-2030-01"
    assert dev.post(f"{page}/pause").status_code == 409, "it is not open"
    assert dev.post(f"{page}/open").status_code == 303
    assert dev.post(f"{page}/open").status_code == 303, "once more changes nothing"
    assert db.session.scalars(select(AuditEntry.action)).all().count("open wave") == 1
    db.session.rollback()
    assert "It is open" in dev.get(page).text
    assert dev.post(f"{page}/pause").status_code == 303
    assert "It is paused" in dev.get(page).text
    assert dev.post(f"{page}/resume").status_code == 303
    assert dev.post(f"{page}/unplan").status_code == 409
    unsure = dev.post(f"{page}/close")
    assert (unsure.status_code, "Tick the box" in unsure.text) == (400, True)
    assert dev.post(f"{page}/close", data={"sure": "yes"}).status_code == 303
    closes_at = db.session.scalar(select(Wave.closes_at))
    db.session.rollback()
    assert closes_at <= datetime.now(UTC)
    assert dev.post(f"{page}/withdraw", data={"because": "wrong people"}).status_code == 409
    assert dev.post(f"{page}/withdraw", data={"because": " "}).status_code == 400


def test_groups_are_added_renamed_and_given_hours(programme):
    dev = signed_in(programme, DEV)
    assert dev.post("/manage/groups", data={"name": " South  Town "}).headers["Location"] == "/manage/groups/south-town"
    taken = dev.post("/manage/groups", data={"name": "south town"})
    assert (taken.status_code, "There is a group south town beside it already" in taken.text) == (400, True)
    assert dev.post("/manage/groups", data={"name": ""}).status_code == 400
    page = "/manage/groups/south-town"
    assert "South Town" in dev.get(page).text
    assert dev.post(f"{page}/name", data={"name": "Southtown", "before": "South Town"}).status_code == 303
    late = dev.post(f"{page}/name", data={"name": "Other", "before": "South Town"})
    assert (late.status_code, "it is Southtown now" in late.text) == (409, True)
    hours = {
        "time_zone": "Europe/London",
        "nation": "wales",
        "opens": "08:00",
        "closes": "16:00",
        "day": ["mon", "tue"],
    }
    assert dev.post(f"{page}/hours", data={**hours, "closures": "2026-12-24"}).status_code == 303
    kept = dev.get(page).text
    assert 'value="08:00"' in kept
    assert "2026-12-24" in kept
    for wrong in ({"time_zone": "Mars"}, {"opens": "18:00"}, {"day": []}, {"nation": "mars"}, {"closures": "soon"}):
        answer = dev.post(f"{page}/hours", data={**hours, **wrong})
        assert (answer.status_code, 'id="hours-problem"' in answer.text) == (400, True), wrong
    assert dev.post("/manage/groups/northtown-team-a/hours", data=hours).status_code == 404


def test_pulses_are_added_and_given_their_manners(programme):
    dev = signed_in(programme, DEV)
    given = {"name": "Quarterly", "run_by": "Us", "instrument": "crescendo-pulse@1.1.0", "authority": ["northtown"]}
    assert dev.post("/manage/pulses", data=given).headers["Location"] == "/manage/pulses/quarterly"
    assert dev.post("/manage/pulses", data=given).status_code == 400
    for field in ("name", "run_by", "instrument"):
        answer = dev.post("/manage/pulses", data={**given, "name": "Another", field: ""})
        assert (answer.status_code, f'id="{field}-problem"' in answer.text) == (400, True), field
    page = "/manage/pulses/quarterly"
    assert dev.post(f"{page}/manners", data={"reminders": "4, 9", "comments": "yes"}).status_code == 303
    kept = dev.get(page).text
    assert 'value="4 9"' in kept
    for wrong in ("soon", "1", "3 4", "3 6 9"):
        answer = dev.post(f"{page}/manners", data={"reminders": wrong})
        assert (answer.status_code, f'value="{wrong}"' in answer.text) == (400, True)


def test_what_somebody_else_changed_meanwhile_is_not_written_over(programme):
    dev = signed_in(programme, DEV)
    group, pulse = "/manage/groups/northtown", "/manage/pulses/monthly"

    def seen(path):
        return re.findall(r'name="before" value="([^"]*)"', dev.get(path).text)[-1]

    hours = {"time_zone": "Europe/London", "nation": "", "opens": "08:00", "closes": "18:00", "day": ["mon"]}
    before = seen(group)
    assert dev.post(f"{group}/hours", data={**hours, "before": before}).status_code == 303
    late = dev.post(f"{group}/hours", data={**hours, "opens": "07:00", "before": before})
    assert (late.status_code, "from 08:00 to 18:00 now" in late.text, 'value="07:00"' in late.text) == (409, True, True)
    before = seen(pulse)
    manners = {"reminders": "4 9", "comments": "yes", "before": before}
    assert dev.post(f"{pulse}/manners", data=manners).status_code == 303
    late = dev.post(f"{pulse}/manners", data={**manners, "reminders": "5"})
    assert (late.status_code, "Somebody has changed this" in late.text) == (409, True)
    assert db.session.scalar(select(Pulse.reminder_days)) == [4, 9]
    logged = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "monthly")).all()
    assert logged == ["set reminders", "ask for comments", "send no digests"], "only what changed"
