"""What leads know of the pulse that is open or comes next: dates, and how many in bands where that is safe."""

from datetime import UTC, datetime, timedelta

import pytest

from survey_app.extensions import db
from survey_app.use_cases.ahead import Band, ahead_of
from survey_app.use_cases.pulses import add_pulse, plan_wave
from tests.factories import same_answer, signed_in
from tests.people import BEN, DEV

NOW = datetime.now(UTC)
TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 12, "Team B": 30})
    studio.appoint()
    return studio


def test_before_anything_is_planned_the_page_says_what_will_be_and_marks_what_is_made_up(programme):
    assert ahead_of(TEAM_A) is None
    assert ahead_of("nothing") is None
    db.session.rollback()
    page = signed_in(programme, BEN).get(f"/teams/{TEAM_A}").text
    assert "No results yet" in page
    assert "A page will look like this (made up)" in page
    assert "The next pulse" not in page


def test_the_next_pulse_is_named_with_its_day(programme):
    plan_wave("monthly", "next", label="Christmas", opens_at=NOW + timedelta(days=3), closes_at=NOW + timedelta(days=9))
    found = ahead_of(TEAM_A)
    assert (found.label, found.is_open, found.band) == ("Christmas", False, None)
    db.session.rollback()
    assert "The next pulse, Christmas, opens on" in signed_in(programme, BEN).get(f"/teams/{TEAM_A}").text


@pytest.mark.parametrize(
    ("answers", "band"), [(0, Band.FEW), (14, Band.FEW), (15, Band.HALF), (23, Band.HALF), (24, Band.MOST)]
)
def test_how_many_have_answered_is_told_in_bands(programme, answers, band):
    wave = programme.open(opened_at=NOW - timedelta(days=1))
    wave.answer("northtown-team-b", [same_answer(3)] * answers)
    assert ahead_of("northtown-team-b").band is band
    assert ahead_of(TEAM_A).band is None, "in a team of twelve the change of a band could be somebody’s"


def test_nobody_sees_more_than_a_band_before_it_closes(programme):
    wave = programme.open(opened_at=NOW - timedelta(days=1))
    wave.answer("northtown-team-b", [same_answer(3)] * 20)
    page = signed_in(programme, DEV).get("/programme").text
    assert "under half of those asked have answered so far. Nobody sees a score before it closes." in page


def test_a_pulse_of_other_authorities_or_programmes_is_none_of_theirs(programme):
    programme.add_authority("Southtown", {"Team S": 6})
    more = {"run_by": "Somebody", "programme_key": "crescendo", "instrument": "crescendo-pulse@1.0.0"}
    add_pulse("south", "South", authorities=["southtown"], **more)
    plan_wave("south", "s-1", label="South 1", opens_at=NOW + timedelta(days=3), closes_at=NOW + timedelta(days=9))
    assert ahead_of(TEAM_A) is None
    assert ahead_of("southtown-team-s").label == ahead_of("southtown").label == ahead_of("crescendo").label == "South 1"


def test_where_few_answered_the_pages_say_what_to_keep_in_mind(programme):
    programme.run_wave({TEAM_A: [same_answer(3)] * 5, "northtown-team-b": [same_answer(3)] * 6})
    db.session.rollback()
    ben = signed_in(programme, BEN)
    said = "those who did not may feel differently"
    assert said not in ben.get(f"/teams/{TEAM_A}").text
    dev = signed_in(programme, DEV)
    assert said in dev.get("/teams/northtown-team-b").text
    assert said in dev.get("/teams/northtown-team-b/burnout").text
