"""A wave that should not have been leaves every page and comes back under no name."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.publications import PublishedCellRow, StoredChartRow
from survey_app.models.pulses import Wave
from survey_app.stores.publication_list import list_published
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.describing import describe_waves
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.errors import UnknownWave, WrongWaveState
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import mixed_answers, signed_in
from tests.people import BEN, DEV

NOW = datetime(2026, 8, 1, tzinfo=UTC)
TEAM = "northtown-team-a"


@pytest.fixture
def two_waves(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    studio.run_wave({TEAM: mixed_answers(8)})
    studio.run_wave({TEAM: mixed_answers(8, shift=1)})
    describe_waves(NOW)
    draw_charts(NOW)
    return studio


def withdraw(key="wave-2"):
    withdraw_wave(key, because="asked of the wrong teams", by="Dev", now=NOW)


def test_its_figures_leave_every_page_and_the_charts_are_drawn_without_it(two_waves):
    browser = signed_in(two_waves, BEN)
    with_it = browser.get(f"/teams/{TEAM}/connectedness").text
    assert "July 2026" in with_it
    withdraw()
    draw_charts(NOW)
    page = browser.get(f"/teams/{TEAM}/connectedness").text
    sentence = "The results of the July 2026 pulse were withdrawn on "
    assert page.count("July 2026") == page.count(sentence) == 1, "but that it was withdrawn, and why"
    assert "asked of the wrong teams." in page
    assert sentence in browser.get(f"/teams/{TEAM}").text
    assert sentence in signed_in(two_waves, DEV).get("/programme").text
    assert "June 2026" in page
    assert [wave.key for wave in DatabaseResults("crescendo").waves(TEAM)] == ["wave-1"]
    pictures = db.session.scalars(select(StoredChartRow.svg)).all()
    assert pictures
    assert not any("July" in svg for svg in pictures)
    assert "wave-2" not in signed_in(two_waves, DEV).get("/manage/reliability").text


def test_what_was_published_stays_for_whoever_audits_and_the_list_says_withdrawn(two_waves):
    before = db.session.query(PublishedCellRow).count()
    withdraw()
    assert db.session.query(PublishedCellRow).count() == before
    listed = list(list_published(wave="wave-2"))
    assert {cell["status"] for cell in listed} == {"withdrawn"}
    assert not any("score" in cell for cell in listed)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "withdraw wave")).one()
    assert (entry.actor, entry.subject, entry.detail) == ("Dev", "wave-2", {"because": "asked of the wrong teams"})


def test_the_next_wave_follows_the_one_that_stands(two_waves):
    withdraw()
    two_waves.run_wave({TEAM: mixed_answers(8)})
    assert [wave.key for wave in DatabaseResults("crescendo").waves(TEAM)] == ["wave-1", "wave-3"]


def test_only_a_closed_wave_is_withdrawn_and_only_once(two_waves):
    withdraw()
    with pytest.raises(WrongWaveState, match="withdrawn"):
        withdraw()
    with pytest.raises(UnknownWave):
        withdraw("wave-9")
    wave = two_waves.open()
    with pytest.raises(WrongWaveState, match="open"):
        withdraw(wave.key)
    assert db.session.scalars(select(Wave.state).order_by(Wave.id)).all() == ["closed", "withdrawn", "open"]


def test_the_command_prints_withdrawn_cells_without_figures(two_waves, capsys):
    from survey_app.cli.results import _lines

    withdraw()
    lines = list(_lines(list_published(wave="wave-2")))
    assert lines
    assert all(line.endswith("withdrawn") for line in lines)
    assert json.dumps(list(list_published(wave="wave-2")))
