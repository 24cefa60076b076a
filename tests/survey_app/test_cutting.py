"""Authorities' figures by role: declared beforehand, of ten or more, and nothing where somebody could be found."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from instruments.library import load_released
from survey_app.cli.setup import pulses as pulses_command
from survey_app.extensions import db
from survey_app.models.publications import PublishedCut
from survey_app.models.pulses import WaveTerms
from survey_app.stores.publication_list import list_published
from survey_app.use_cases import cutting
from survey_app.use_cases.errors import UnknownAttribute
from survey_app.use_cases.pulses import change_version, declare_cuts
from survey_app.use_cases.responding import record_response
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import signed_in
from tests.people import BEN, DEV

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CHECK = load_released("temperature-check@1.0.0")
SCORED = [item.id for item in CHECK.scored_items]
TEAMS = {f"Team {letter}": 9 for letter in "ABCDE"}


def run_wave(studio, role_of=lambda number, team: 1 + (number + team) % 4, value_of=None, seed=1):
    """A wave in which everybody answers: role 1 to 4, some say none."""
    chance = np.random.default_rng(seed)
    wave = studio.open()
    for place, team in enumerate(TEAMS):
        for number, token in enumerate(wave.tokens(f"northtown-{team.lower().replace(' ', '-')}")):
            role = role_of(number, place)
            value = value_of(role) if value_of else None
            given = {item: str(value or chance.integers(1, 6)) for item in SCORED}
            record_response(token, given | ({"role": str(role)} if role else {}), studio.vault)
    wave.close()
    return wave


@pytest.fixture
def by_role(studio):
    studio.set_up(TEAMS)
    studio.appoint()
    change_version("monthly", "temperature-check@1.0.0", by="Dev", now=NOW)
    declare_cuts("monthly", ["role"], by="Dev", now=NOW)
    return studio


def cuts():
    return db.session.scalars(select(PublishedCut).order_by(PublishedCut.id)).all()


def test_each_role_has_a_figure_on_each_measure(by_role):
    run_wave(by_role)
    found = cuts()
    assert {cut.group_key for cut in found} == {"northtown"}
    assert {cut.measure for cut in found} == {scale.id for scale in CHECK.scales}
    sizes = {tuple(cut.options): cut.n for cut in found}
    assert sum(sizes.values()) == 45
    assert min(sizes.values()) >= 10
    assert len(sizes) == 4
    assert all(cut.low <= cut.score <= cut.high and cut.likely_low <= cut.score <= cut.likely_high for cut in found)


def test_a_figure_is_the_mean_of_those_who_said_so(by_role):
    # roles 1 and 2 answer high, 3 and 4 low, on items that count upwards
    up = [item.id for item in CHECK.scored_items if not item.reverse_keyed and item.scale == "connectedness"]
    chance = np.random.default_rng(2)
    wave = by_role.open()
    expected = {role: [] for role in range(1, 5)}
    for place, team in enumerate(TEAMS):
        for number, token in enumerate(wave.tokens(f"northtown-{team.lower().replace(' ', '-')}")):
            role = 1 + (number + place) % 4
            given = {item: int(chance.integers(3, 6) if role < 3 else chance.integers(1, 4)) for item in SCORED}
            expected[role].append(np.mean([25 * (given[item] - 1) for item in up]))
            record_response(token, {item: str(v) for item, v in given.items()} | {"role": str(role)}, by_role.vault)
    wave.close()
    roles = [option.label["en"].replace("\u00ad", "") for option in CHECK.response_sets_by_id["roles"].options]
    found = {cut.options[0]: cut for cut in cuts() if cut.measure == "connectedness"}
    for role, means in expected.items():
        cut = found[roles[role - 1]]
        moved = 25 * 5 / cut.n  # protection moved at most one answer of each of five blocks
        assert cut.low - moved <= np.mean(means) <= cut.high + moved
    assert found[roles[0]].score > found[roles[3]].score + 20


def test_people_who_did_not_say_are_counted_and_not_shown(by_role):
    run_wave(by_role, role_of=lambda number, team: 1 + (number + team) % 2 if number < 6 else 0)
    options = {tuple(cut.options) for cut in cuts()}
    assert len(options) == 2
    assert not any("not said" in option for option in options)


def test_a_small_role_is_put_together_with_another(by_role):
    run_wave(by_role, role_of=lambda number, team: 4 if number == 0 else 1 + (number + team) % 3)
    assert sorted(len(cut.options) for cut in cuts() if cut.measure == "optimism") == [1, 1, 2]


def test_a_role_that_is_of_one_mind_at_the_end_of_the_scale_has_no_table(by_role):
    run_wave(by_role, value_of=lambda role: 5 if role == 1 else None)
    assert cuts() == []
    assert any(cell["status"] == "shown" for cell in list_published())


def test_a_measure_on_which_a_role_is_of_one_mind_has_none_and_the_others_have(by_role, monkeypatch):
    seen = []
    real = cutting.leaves_room

    def second_has_none(people, categories, terms):
        seen.append(people.points.shape[1])
        return len(seen) != 2 and real(people, categories, terms)

    monkeypatch.setattr(cutting, "leaves_room", second_has_none)
    run_wave(by_role)
    scales = [scale.id for scale in CHECK.scales]
    assert {cut.measure for cut in cuts()} == {*scales} - {scales[1]}
    assert seen == [len(CHECK.core_items_of(scale)) for scale in CHECK.scales]


def test_a_role_that_is_a_team_has_no_table(by_role):
    run_wave(by_role, role_of=lambda _, team: 1 + team % 4)
    assert cuts() == [], "block and role would be told apart by nobody"


def test_what_was_not_declared_when_the_wave_opened_is_not_shown(by_role):
    declare_cuts("monthly", [], by="Dev", now=NOW)
    wave = by_role.open()
    declare_cuts("monthly", ["role"], by="Dev", now=NOW)
    for team in TEAMS:
        for number, token in enumerate(wave.tokens(f"northtown-{team.lower().replace(' ', '-')}")):
            given = {item: str(1 + (number + place) % 5) for place, item in enumerate(SCORED)}
            record_response(token, given | {"role": str(1 + number % 3)}, by_role.vault)
    wave.close()
    assert cuts() == []
    assert db.session.scalars(select(WaveTerms.cuts)).all() == [[]]


def test_only_an_item_that_everybody_is_asked_and_no_scale_counts_divides(by_role):
    for item in ("belonging", "nonsense"):
        with pytest.raises(UnknownAttribute, match="only obstacle, role"):
            declare_cuts("monthly", [item], by="Dev", now=NOW)
    change_version("monthly", "crescendo-pulse@1.1.0", by="Dev", now=NOW)
    with pytest.raises(UnknownAttribute, match="no item"):
        declare_cuts("monthly", ["role"], by="Dev", now=NOW)
    wave = by_role.open()
    assert db.session.get(WaveTerms, wave.id).cuts == [], "a version without the item is not divided by it"


def test_a_block_in_which_too_many_skipped_is_in_no_table(by_role, monkeypatch):
    seen = []
    real = cutting.form_categories
    monkeypatch.setattr(cutting, "form_categories", lambda people, k: seen.append(people) or real(people, k))
    wave = by_role.open()
    for place, team in enumerate(TEAMS):
        for number, token in enumerate(wave.tokens(f"northtown-{team.lower().replace(' ', '-')}")):
            given = {item: str(1 + (number + at) % 5) for at, item in enumerate(SCORED)}
            if place == 0 and number > 2:
                del given["belonging"]
            record_response(token, given | {"role": str(1 + (number + place) % 3)}, by_role.vault)
    wave.close()
    assert [len(people) for people in seen] == [4]


def test_the_authoritys_page_shows_it_and_teams_do_not(by_role):
    run_wave(by_role)
    dev = signed_in(by_role, DEV)
    page = dev.get("/authorities/northtown/connectedness").text
    assert "<h2>By role</h2>" in page
    for cut in cuts():
        if cut.measure == "connectedness":
            assert f"<td>{cut.likely_low} to {cut.likely_high}</td><td>{cut.n}</td>" in page
    assert "By role" not in dev.get("/teams/northtown-team-a/connectedness").text
    assert "By role" not in signed_in(by_role, BEN).get("/teams/northtown-team-a/connectedness").text


def test_it_is_in_the_published_list_and_withdrawn_with_its_wave(by_role):
    wave = run_wave(by_role)
    listed = [cell for cell in list_published(group="northtown") if cell["level"] == "category"]
    assert len(listed) == len(cuts())
    assert {cell["status"] for cell in listed} == {"shown"}
    assert {cell["parent"] for cell in listed} == {"northtown"}
    assert all(cell["n"] >= 10 for cell in listed)
    withdraw_wave(wave.key, because="test", by="Dev", now=NOW)
    again = [cell for cell in list_published(wave=wave.key) if cell["level"] == "category"]
    assert {cell["status"] for cell in again} == {"withdrawn"}
    assert not any("score" in cell for cell in again)
    assert json.dumps(again)


def test_the_command_declares_it(by_role):
    def run(*arguments):
        db.session.remove()
        return CliRunner().invoke(pulses_command, list(arguments), obj=lambda: by_role.app).output

    assert "is divided by role" in run("divide", "monthly", "role")
    assert "cannot be divided by 'mood'" in run("divide", "monthly", "mood")
    assert "is divided by nothing" in run("divide", "monthly")
