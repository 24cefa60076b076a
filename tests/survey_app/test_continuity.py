"""Where published figures stand in their lines: linked, broken, taken up again."""

from dataclasses import replace
from datetime import UTC, datetime
from math import ceil

import numpy as np
import pytest
from sqlalchemy import select

from instruments.changes import ChangeLevel
from instruments.library import load_released
from scoring.offsets import nominal_weights_mean
from scoring.tallies import tally
from survey_app.demo.pulses import read_pilot
from survey_app.extensions import db
from survey_app.models.publications import PublishedMeasure
from survey_app.models.pulses import Wave
from survey_app.stores.publication_list import list_published
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.instrument_library import raise_level, release
from survey_app.use_cases.past_surveys import import_results, read_map
from survey_app.use_cases.pulses import add_pulse, change_version, plan_wave
from tests.factories import mixed_answers

FIRST, SECOND = "crescendo-pulse@1.0.0", "crescendo-pulse@1.1.0"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
TEAM_A, TEAM_B = "northtown-team-a", "northtown-team-b"
NEW_ITEMS = {"heard": "had-a-say", "fit": "worth-doing", "own-future": "good-future", "numb": "hard-to-care"}


def of_second(answers):
    """Answers to 1.0.0 as answers to 1.1.0, the new items answered one option lower."""
    return [
        {
            NEW_ITEMS.get(item, item): str(max(1, int(value) - 1)) if item in NEW_ITEMS else value
            for item, value in given.items()
        }
        for given in answers
    ]


def place(wave, measure="connectedness"):
    row = db.session.get(PublishedMeasure, (wave.id, measure), populate_existing=True)
    return row.series, row.questions, row.offset, row.offset_error


def ask(reference, up_to=ChangeLevel.MINOR):
    change_version("monthly", reference, by="Dev", now=NOW, up_to=up_to)


def answered(answers, item):
    values = np.array([float(given[item]) for given in answers])
    return tally(values, np.zeros(len(values), dtype=np.intp), 1, minimum=1, maximum=5)[0]


def test_a_first_wave_begins_a_line_and_the_next_of_the_same_version_goes_on(studio):
    studio.set_up({"Team A": 8})
    first, second = (studio.run_wave({TEAM_A: mixed_answers(8)}) for _ in range(2))
    assert place(first) == place(second) == (FIRST, FIRST, 0.0, 0.0)


def test_a_minor_version_goes_on_the_line_at_the_offset_of_its_new_items(studio):
    studio.set_up({"Team A": 12})
    before, after = mixed_answers(12), of_second(mixed_answers(12, shift=1))
    studio.run_wave({TEAM_A: before})
    ask(SECOND)
    second = studio.run_wave({TEAM_A: after})
    third = studio.run_wave({TEAM_A: after})
    link = nominal_weights_mean(
        {item: answered(before, item) for item in ("belonging", "help", "heard")},
        {item: answered(after, item) for item in ("belonging", "help", "had-a-say")},
        ["belonging", "help"],
    )
    assert link.shift < -3
    error = float(ceil((link.standard_error**2 + 1 / 12) ** 0.5))
    assert place(second) == (FIRST, SECOND, float(round(link.shift)), error), "in whole points, of twelve people"
    assert place(third) == place(second), "the offset is that of the version and not computed anew"
    waves = DatabaseResults("crescendo").waves(TEAM_A)
    offsets = [wave.place_of("connectedness").offset for wave in waves]
    assert offsets == [0.0, float(round(link.shift)), float(round(link.shift))]
    assert [wave.place_of("sunshine") for wave in waves] == [None] * 3


def test_fewer_than_ten_answers_link_nothing_and_a_line_of_its_own_begins(studio):
    studio.set_up({"Team A": 9})
    studio.run_wave({TEAM_A: mixed_answers(9)})
    ask(SECOND)
    assert place(studio.run_wave({TEAM_A: of_second(mixed_answers(9))})) == (SECOND, SECOND, 0.0, 0.0)


def test_going_back_to_a_version_takes_up_its_line_again(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: mixed_answers(8)})
    ask(SECOND)
    studio.run_wave({TEAM_A: of_second(mixed_answers(8))})
    ask(FIRST)
    assert place(studio.run_wave({TEAM_A: mixed_answers(8)})) == (FIRST, FIRST, 0.0, 0.0)


def test_a_break_begins_a_line_of_its_own(studio):
    studio.set_up({"Team A": 8})
    pilot = read_pilot()
    release(pilot, "Dev", NOW)
    ask(pilot.reference)
    items = [item.id for item in pilot.items]
    old = [{item: str(1 + (person + at) % 4) for at, item in enumerate(items)} for person in range(8)]
    first = studio.run_wave({TEAM_A: old})
    ask(FIRST, ChangeLevel.MAJOR)
    second = studio.run_wave({TEAM_A: mixed_answers(8)})
    assert place(first)[0] == pilot.reference
    assert place(second) == (FIRST, FIRST, 0.0, 0.0)


def test_a_change_that_a_person_raised_breaks_the_line(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: mixed_answers(8)})
    old, new = load_released(FIRST), load_released(SECOND)
    raise_level(old, new, ChangeLevel.MAJOR, reason="It asks about more.", by="Dev", now=NOW)
    ask(SECOND, ChangeLevel.MAJOR)
    second = studio.run_wave({TEAM_A: of_second(mixed_answers(8))})
    assert place(second) == (SECOND, SECOND, 0.0, 0.0)


def test_a_link_that_nobody_answered_is_no_link(studio):
    studio.set_up({"Team A": 12})
    studio.run_wave({TEAM_A: mixed_answers(12)})
    ask(SECOND)
    silent = [
        {item: value for item, value in given.items() if item != "had-a-say"} for given in of_second(mixed_answers(12))
    ]
    second = studio.run_wave({TEAM_A: silent})
    assert place(second) == (SECOND, SECOND, 0.0, 0.0)
    assert place(second, "burnout")[:2] == (FIRST, SECOND)


def test_a_scale_that_was_not_asked_before_begins_its_line(studio):
    studio.set_up({"Team A": 12})
    studio.run_wave({TEAM_A: mixed_answers(12)})
    ask("temperature-check@1.0.0")
    given = [answers | {"valued": "3", "influence": "2", "staying": "4"} for answers in of_second(mixed_answers(12))]
    second = studio.run_wave({TEAM_A: given})
    assert place(second, "valued") == ("temperature-check@1.0.0", "temperature-check@1.0.0", 0.0, 0.0)
    assert place(second)[:2] == (FIRST, "temperature-check@1.0.0")


def test_another_authoritys_line_is_its_own(studio):
    studio.set_up({"Team A": 8})
    studio.add_authority("Southtown", {"Team S": 8})
    for key, authority, version in (("n", "northtown", FIRST), ("s", "southtown", SECOND)):
        add_pulse(key, key, run_by="Us", programme_key="crescendo", instrument=version, authorities=[authority])
    from survey_app.use_cases.closing import close_wave
    from survey_app.use_cases.fieldwork import open_wave

    ids = []
    for month, key in ((6, "n"), (7, "s")):
        opens, closes = datetime(2026, month, 1, tzinfo=UTC), datetime(2026, month, 9, tzinfo=UTC)
        ids.append(plan_wave(key, f"w{month}", label=f"W{month}", opens_at=opens, closes_at=closes))
        open_wave(ids[-1], opens, studio.vault)
        close_wave(ids[-1], closes, studio.vault)
    rows = db.session.scalars(
        select(PublishedMeasure.series).where(PublishedMeasure.measure == "optimism").order_by(PublishedMeasure.wave_id)
    )
    assert list(rows) == [FIRST, SECOND], "they never meet in a line"


def test_a_bridge_ends_one_line_and_begins_the_other_on_the_same_day(studio):
    studio.set_up({"Team A": 14})
    pilot = read_pilot()
    release(pilot, "Dev", NOW)
    ask(pilot.reference)
    items = [item.id for item in pilot.items]
    old = [{item: str(1 + (person + at) % 4) for at, item in enumerate(items)} for person in range(14)]
    studio.run_wave({TEAM_A: old})
    earlier, new = studio.open_bridge(FIRST)
    earlier.answer(TEAM_A, old)
    new.answer(TEAM_A, mixed_answers(7))
    for wave in (new, earlier):
        wave.close()
    assert (place(earlier)[0], place(new)[0]) == (pilot.reference, FIRST)
    waves = DatabaseResults("crescendo").waves(TEAM_A)
    assert [wave.key for wave in waves] == ["wave-1", "wave-2-old", "wave-2-new"]
    assert [wave.bridge for wave in waves] == [None, "wave-2", "wave-2"]
    assert waves[1].closed_on == waves[2].closed_on


MAP = """
service_area = "Early Help"
team_column = "team"
[programme]
key = "crescendo"
name = "Crescendo"
[authority]
key = "northtown"
name = "Northtown"
[[waves]]
key = "{key}"
label = "{key}"
closed_on = {day}
[items]
{items}
"""


@pytest.mark.parametrize(("day", "joined"), [("2025-01-01", True), ("2027-01-01", True)])
def test_a_past_survey_of_the_same_version_takes_up_the_line_whenever_it_is_imported(studio, day, joined):
    studio.set_up({"Team A": 8})
    live = studio.run_wave({TEAM_A: mixed_answers(8)})
    items = [item.id for item in load_released(FIRST).scored_items]
    text = MAP.format(key="past", day=day, items="\n".join(f'"{item}" = "{item}"' for item in items))
    rows = ["team," + ",".join(items)]
    rows += ["a," + ",".join(str(1 + (person * 2 + at) % 5) for at in range(len(items))) for person in range(7)]
    survey = read_map(text.encode(), load_released(FIRST))
    import_results("\n".join(rows).encode(), survey, load_released(FIRST), NOW, studio.vault)
    past = db.session.scalar(select(Wave).where(Wave.key == "past"))
    assert (place(past) == place(live)) is joined


def test_a_past_survey_of_another_content_under_the_same_name_is_a_line_of_its_own(studio):
    studio.set_up({"Team A": 8})
    live = studio.run_wave({TEAM_A: mixed_answers(8)})
    other = replace(load_released(FIRST), recall_window={"en": "Last year", "cy": "Y llynedd"})
    items = [item.id for item in other.scored_items]
    text = MAP.format(key="past", day="2027-01-01", items="\n".join(f'"{item}" = "{item}"' for item in items))
    rows = ["team," + ",".join(items)]
    rows += ["a," + ",".join(str(1 + (person * 2 + at) % 5) for at in range(len(items))) for person in range(7)]
    import_results("\n".join(rows).encode(), read_map(text.encode(), other), other, NOW, studio.vault)
    past = db.session.scalar(select(Wave).where(Wave.key == "past"))
    assert place(live)[0] == FIRST
    assert place(past)[0].startswith(f"{FIRST}#")


def test_the_published_list_says_where_each_figure_stands(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: mixed_answers(8)})
    for cell in list_published():
        assert (cell["series"], cell["questions"], cell["offset"], cell["offset_error"]) == (FIRST, FIRST, 0.0, 0.0)


def skipping(people, *, answering, item, value="4"):
    """Answers of which only the first few hold this item."""
    return [
        {**given, item: value} if place < answering else {key: kept for key, kept in given.items() if key != item}
        for place, given in enumerate(people)
    ]


@pytest.mark.parametrize("value", ["1", "5"])
def test_an_offset_tells_nothing_of_a_block_whose_figure_is_withheld(studio, value):
    studio.set_up({"Team A": 12, "Team B": 6})
    studio.run_wave({TEAM_A: mixed_answers(12), TEAM_B: mixed_answers(6)})
    ask(SECOND)
    one = skipping(of_second(mixed_answers(6)), answering=1, item="had-a-say", value=value)
    wave = studio.run_wave({TEAM_A: of_second(mixed_answers(12)), TEAM_B: one})
    withheld = [cell for cell in list_published(wave=wave.key, group=TEAM_B) if cell["measure"] == "connectedness"]
    assert [cell["status"] for cell in withheld] == ["withheld"]
    before, after = mixed_answers(12) + mixed_answers(6), of_second(mixed_answers(12))
    of_those_shown = nominal_weights_mean(
        {item: answered(before, item) for item in ("belonging", "help", "heard")},
        {item: answered(after, item) for item in ("belonging", "help", "had-a-say")},
        ["belonging", "help"],
    )
    assert place(wave)[2] == round(of_those_shown.shift), "whatever the one person said"
    assert place(wave)[3] == ceil((of_those_shown.standard_error**2 + 1 / 12) ** 0.5)


def test_where_every_figure_is_withheld_there_is_no_offset(studio):
    studio.set_up({f"Team {name}": 6 for name in "ABCD"})
    teams = [f"northtown-team-{name}" for name in "abcd"]
    studio.run_wave({team: mixed_answers(6) for team in teams})
    ask(SECOND)
    half = skipping(of_second(mixed_answers(6)), answering=3, item="had-a-say")
    wave = studio.run_wave(dict.fromkeys(teams, half))
    assert place(wave) == (SECOND, SECOND, 0.0, 0.0)
