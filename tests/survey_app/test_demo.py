"""The demo's planted effects are found by a reader of the pages, and its quiet lines read as quiet."""

import re
from datetime import date

import numpy as np
import pytest

from dashboards.pages.group import build_group_page
from dashboards.pages.measure import build_measure_page
from survey_app.demo.seeding import DemoPlan, DemoSeed
from survey_app.demo.staff import Workforce, demo_teams
from survey_app.extensions import settings, vault
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.access import demo_accounts


@pytest.mark.slow
def test_a_reader_finds_what_was_planted_and_quiet_lines_read_as_quiet(app):
    steps = []
    plan = DemoPlan(authorities=3, waves=14, seed=1, today=date(2026, 11, 23))
    DemoSeed(plan, settings(), vault(), steps.append).run()
    results = DatabaseResults("crescendo")
    assert len(steps) == 17
    assert {account.name for account in demo_accounts(vault())} >= {"Ben Hughes", "Dev Patel", "Chloe Evans"}
    _assert_planted_effects_are_found(results)
    _assert_changed_questions_are_seen(results)


def _assert_planted_effects_are_found(results):
    def page(key):
        return build_group_page(results, results.group(key))

    ben = page("ashcombe-children-in-care")
    assert [signal.headline for signal in ben.signals] == ["Connectedness is higher than usual (better)"]
    assert "“Buddy scheme for visits” came before." in ben.signals[0].detail
    safeguarding = page("calderport-family-safeguarding")
    assert "Burnout is higher than usual (worse)" in [signal.headline for signal in safeguarding.signals]
    shown = [page(group.key) for group in results.groups() if "+" not in group.key]
    lines = [row for each in shown if each.withheld is None for row in each.rows]
    flagged = [row for row in lines if row.arrow]
    assert len(lines) > 120
    assert len(flagged) / len(lines) < 0.12
    assert results.autocorrelation() is not None, "fourteen waves of a hundred lines tell how alike they are"
    assert len(results.waves("ashcombe")) == 13
    assert len(results.waves("calderport")) == 14, "the bridge is two waves"


def _assert_changed_questions_are_seen(results):
    def page(key, measure):
        return build_measure_page(results, results.group(key), measure)

    moved = page("ashcombe", "connectedness")
    assert len(moved.moves) == 1
    assert not moved.has_breaks
    shift = next(wave for wave in reversed(results.waves("ashcombe"))).place_of("connectedness")
    assert abs(shift.offset + 3) < 3 * shift.offset_error, "the new item is nine points harder, one of three"
    broken = page("calderport", "optimism")
    assert broken.has_breaks
    assert broken.moves == ()
    (bridge,) = broken.bridges
    assert re.search(r"moved scores by −\d", bridge), "the pilot's format drew higher answers"


def test_the_same_seed_gives_the_same_people():
    def everybody():
        rng = np.random.default_rng(5)
        teams = demo_teams(rng, 3)
        workforce = Workforce(rng, 4)
        for team in teams:
            for _ in range(team.size):
                workforce.hire(team)
        workforce.month_passes(teams, date(2026, 1, 1))
        return [
            (worker.staff_ref, worker.email, worker.mobile, worker.team.name) for worker in workforce.workers.values()
        ]

    people = everybody()
    assert people == everybody()
    assert len({mobile for _, _, mobile, _ in people if mobile}) == len([1 for _, _, mobile, _ in people if mobile])


def test_the_authorities_are_shaped_like_the_real_ones():
    teams = demo_teams(np.random.default_rng(1), 3)
    sizes = {
        name: [team.size for team in teams if team.authority == name]
        for name in ("Ashcombe", "Brackenfield", "Calderport")
    }
    assert [len(found) for found in sizes.values()] == [2, 4, 30]
    assert all(4 <= size <= 14 for found in sizes.values() for size in found)
