"""A usual range begins anew where a programme lead says so and why, once it has stood for eight pulses."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.pulses import Wave
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.fieldwork import waves_to_close
from tests.factories import same_answer, signed_in
from tests.people import BEN, DEV

TEAM_A = "northtown-team-a"
ADDRESS = f"/manage/ranges/{TEAM_A}/burnout"


@pytest.fixture
def programme(studio):
    """Sixteen pulses: as usual for nine, then another level."""
    studio.set_up({"Team A": 8, "Team B": 6})
    studio.appoint()
    for number in range(16):
        answers = [same_answer(3)] * 4 + [same_answer(2 if number < 9 else 4)] * (4 if number % 2 else 3)
        studio.run_wave({TEAM_A: answers})
    draw_charts(datetime.now(UTC))
    db.session.rollback()
    return studio


@pytest.mark.slow
def test_dev_lets_a_range_begin_anew_and_everybody_reads_who_and_why(programme):
    dev, ben = signed_in(programme, DEV), signed_in(programme, BEN)
    page = f"/teams/{TEAM_A}/burnout"
    assert f'href="{ADDRESS}"' in dev.get(page).text
    assert "begin anew" not in ben.get(page).text
    assert ben.get(ADDRESS).status_code == ben.post(ADDRESS).status_code == 404
    form = dev.get(ADDRESS).text
    assert '<option value="wave-9">' in form
    assert '<option value="wave-8">' not in form, "the first eight are too early"

    for wave, reason, said in (("wave-8", "moved", "Choose one of the list"), ("wave-10", "  ", "Say why")):
        refused = dev.post(ADDRESS, data={"wave": wave, "reason": reason})
        assert (refused.status_code, said in refused.text) == (400, True)
    assert dev.post(ADDRESS, data={"wave": "wave-10", "reason": "moved to a new office"}).status_code == 303
    read = ben.get(page).text
    assert "a new usual range, decided by Dev" in read
    assert "moved to a new office" in read
    again = dev.post(ADDRESS, data={"wave": "wave-10", "reason": "once more"})
    assert again.status_code == 400, "once is enough"
    assert '<option value="wave-11">' not in dev.get(ADDRESS).text, "the new one has not stood for eight pulses"

    redrawn = db.session.scalar(select(Wave.id).where(Wave.key == "wave-10"))
    assert redrawn in waves_to_close(datetime.now(UTC))
    db.session.rollback()
    assert draw_charts(datetime.now(UTC)) > 0
    assert db.session.scalars(select(AuditEntry.action)).all()[-1] == "begin new range"
    db.session.rollback()
    assert dev.get("/manage/ranges/nothing/burnout").status_code == 404
    assert dev.get(f"/manage/ranges/{TEAM_A}/nothing").status_code == 404


def test_before_eight_pulses_there_is_nothing_to_choose(studio):
    studio.set_up({"Team A": 8, "Team B": 6})
    studio.appoint()
    studio.run_wave({TEAM_A: [same_answer(3)] * 6})
    db.session.rollback()
    assert "Not yet: a range must have stood for eight pulses." in signed_in(studio, DEV).get(ADDRESS).text
