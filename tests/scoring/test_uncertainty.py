from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ImpossibleSample, UnknownChoice
from scoring.uncertainty import (
    Counted,
    Stratum,
    favourable_interval,
    mean_interval,
    possible_range,
    reference_interval,
    roster_weighted,
)
from scoring.variance_components import group_moments, one_way
from tests.scoring import r


def _answered():
    """The first 25 of each company, and of them those who answered: two in three."""
    people = r.data("lq2002").copy()
    people["score"] = people[["TSIG01", "TSIG02", "TSIG03"]].mean(axis=1)
    population = people.groupby("COMPID").head(25)
    return population, population[population["SUB"] % 3 != 0], r.results("lq2002_team_uncertainty")["tsig"]


def test_means_and_limits_of_companies_equal_survey_svymean_with_fpc():
    _, answered, expected = _answered()
    for place, company in enumerate(expected["group"]):
        scores = answered[answered["COMPID"] == int(company)]["score"]
        found = mean_interval(scores, expected["N"][place])
        assert (found.n_used, found.roster_size) == (expected["n"][place], expected["N"][place])
        r.assert_near(found.mean, expected["mean"][place], 1e-12)
        r.assert_near(found.se, expected["se_fpc_survey"][place], 1e-10)
        r.assert_near(
            [found.lower, found.upper], [expected[f"t_ci_{side}"][place] for side in ("lower", "upper")], 1e-10
        )
        r.assert_near(mean_interval(scores, None).se, expected["se_no_fpc"][place], 1e-10)
        pooled = mean_interval(scores, expected["N"][place], pooled_sd=float(scores.std()))
        limits = [expected[f"normal_ci_{side}"][place] for side in ("lower", "upper")]
        r.assert_near([pooled.lower, pooled.upper], limits, 1e-10)


def test_the_mean_of_all_companies_weighted_by_roster_equals_survey_svymean():
    _, answered, expected = _answered()
    companies = [
        mean_interval(answered[answered["COMPID"] == int(company)]["score"], roster)
        for company, roster in zip(expected["group"], expected["N"], strict=True)
    ]
    found = roster_weighted([Stratum(own.mean, own.se, own.roster_size) for own in companies])
    r.assert_near(found.mean, expected["overall_poststratified"]["mean"], 1e-12)
    r.assert_near(found.se, expected["overall_poststratified"]["se"], 1e-10)
    assert found.lower < found.mean < found.upper


def test_reference_intervals_have_the_standard_errors_of_survey_svymean():
    _, answered, expected = _answered()
    for place, company in enumerate(expected["group"]):
        scores = answered[answered["COMPID"] == int(company)]["score"]
        found = reference_interval(
            scores.mean(), [Counted(len(scores), expected["N"][place])], reference_sd=scores.std()
        )
        assert found.standard_error == pytest.approx(expected["se_fpc_survey"][place], abs=1e-10)


@pytest.mark.parametrize(("method", "key"), [("wilson", "wilson"), ("jeffreys", "jeffreys"), ("clopper-pearson", "cp")])
def test_shares_of_favourable_answers_equal_base_r(method, key):
    expected = r.results("lq2002_team_uncertainty")["favourable_tsig_ge4"]
    found = [favourable_interval(k, n, method=method) for k, n in zip(expected["k"], expected["n"], strict=True)]
    r.assert_near([own.lower for own in found], expected[f"{key}_lower"], 1e-10)
    r.assert_near([own.upper for own in found], expected[f"{key}_upper"], 1e-10)
    r.assert_near([own.share for own in found], np.array(expected["k"]) / np.array(expected["n"]), 1e-12)


def test_shares_of_none_and_all_stay_within_nothing_and_everything():
    for method in ("wilson", "jeffreys", "clopper-pearson"):
        none, everybody = favourable_interval(0, 8, method=method), favourable_interval(8, 8, method=method)
        assert none.lower == 0 < none.upper < 0.5
        assert 0.5 < everybody.lower < everybody.upper == pytest.approx(1)
        assert everybody.lower == pytest.approx(1 - none.upper, abs=1e-12)


def test_impossible_shares_and_methods_are_refused():
    for k, n in ((3, 2), (-1, 4), (0, 0)):
        with pytest.raises(ImpossibleSample):
            favourable_interval(k, n)
    with pytest.raises(UnknownChoice, match="wilson, jeffreys"):
        favourable_interval(1, 2, method="wald")


def test_nobody_has_no_mean_and_one_person_no_error():
    nobody, one = mean_interval([np.nan, np.nan], 5), mean_interval([60.0], 5)
    assert (nobody.mean, nobody.se, nobody.n, nobody.warnings) == (None, None, 0, ("nobody answered",))
    assert (one.mean, one.se, one.lower) == (60.0, None, None)
    assert mean_interval([60.0], 5, pooled_sd=20).se is not None


def test_where_everyone_answered_the_width_is_zero_and_says_so():
    found = mean_interval([50.0, 60.0, 70.0], 3)
    assert found.se == 0
    assert found.lower == found.upper == found.mean
    assert "another day" in found.warnings[0]


def test_more_answers_than_people_are_refused():
    with pytest.raises(ImpossibleSample):
        mean_interval([1.0, 2.0], 1)
    with pytest.raises(ImpossibleSample):
        mean_interval([1.0, 2.0], 3, pooled_sd=-1)
    with pytest.raises(ImpossibleSample):
        roster_weighted([])
    with pytest.raises(ImpossibleSample):
        roster_weighted([Stratum(50, 1, 0)])
    with pytest.raises(ImpossibleSample):
        possible_range([50.0, 60.0], 1, 0, 100)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10), st.integers(0, 20))
def test_what_the_silent_could_have_said_encloses_the_mean_and_shrinks_to_it(scores, silent):
    low, high = possible_range(scores, len(scores) + silent, 0, 100)
    assert low - 1e-9 <= np.mean(scores) * len(scores) / (len(scores) + silent) <= high + 1e-9
    assert high - low == pytest.approx(100 * silent / (len(scores) + silent))
    assert possible_range({50.0: 3, 60.0: 1}, 8, 0, 100) == (26.25, 76.25)


@given(st.integers(2, 200))
def test_the_error_tends_to_zero_as_everybody_answers(roster):
    errors = [mean_interval([40.0, 60.0] * (n // 2), roster + 2, pooled_sd=20).se for n in range(2, roster + 2, 2)]
    assert all(later < earlier for earlier, later in pairwise(errors))


@pytest.mark.slow
@pytest.mark.parametrize("roster", [5, 8, 12, 18, 25])
@pytest.mark.parametrize("rate", [0.2, 0.4, 0.6, 0.8])
def test_the_interval_covers_the_teams_truth_as_often_as_it_says(roster, rate):
    # Given teams that differ as much as real ones, answering three five-point items, and a pooled spread of many
    rng = np.random.default_rng(roster * 100 + round(rate * 10))

    def scores(size):
        trait = 0.28 * rng.normal() + rng.normal(size=size)
        items = np.clip(np.round(3.2 + 0.75 * trait + 0.8 * rng.normal(size=(3, size))), 1, 5)
        return 25 * (items.mean(axis=0) - 1)

    sizes = rng.integers(3, 15, 400)
    others = group_moments(np.concatenate([scores(size) for size in sizes]), np.repeat(np.arange(400), sizes))
    pooled = one_way(others).mean_square_within ** 0.5

    # When some of each team answer
    covered = 0
    for _ in range(4000):
        team = scores(roster)
        found = mean_interval(team[: round(roster * rate)], roster, pooled_sd=pooled)
        covered += found.lower <= team.mean() <= found.upper

    # Then the interval holds the mean of all in 95 of 100 teams or so
    assert 0.935 <= covered / 4000 <= 0.965


def test_where_everyone_answered_only_the_rounding_is_uncertain():
    found = reference_interval(60, [Counted(10, 10)], reference_sd=20, rounding_step=2)
    assert found.standard_error == pytest.approx((4 / 12) ** 0.5, abs=1e-12)


def test_where_nobody_knows_how_many_were_asked_there_is_no_correction():
    found = reference_interval(60, [Counted(16, None)], reference_sd=20)
    assert found.standard_error == pytest.approx(5, abs=1e-12)
    assert found.method == "reference SD"


@given(st.integers(1, 50), st.integers(50, 10_000), st.floats(0, 100))
def test_intervals_hold_the_mean_and_stay_within_the_scale(answered, roster_size, mean):
    found = reference_interval(mean, [Counted(answered, roster_size)], reference_sd=20)
    assert 0 <= found.lower <= mean <= found.upper <= 100


def test_a_group_of_parts_has_the_error_of_its_strata():
    _, answered, expected = _answered()
    companies = [answered[answered["COMPID"] == int(company)]["score"] for company in expected["group"]]
    parts = [Counted(len(scores), roster) for scores, roster in zip(companies, expected["N"], strict=True)]
    strata = [
        Stratum(50, mean_interval(scores, roster, pooled_sd=20).se, roster)
        for scores, roster in zip(companies, expected["N"], strict=True)
    ]
    assert reference_interval(50, parts, reference_sd=20).standard_error == pytest.approx(
        roster_weighted(strata).se, abs=1e-12
    )
    with pytest.raises(ImpossibleSample):
        reference_interval(50, [], reference_sd=20)


@pytest.mark.parametrize(("answered", "roster_size"), [(0, 10), (11, 10), (0, None)])
def test_impossible_counts_are_refused(answered, roster_size):
    with pytest.raises(ImpossibleSample):
        reference_interval(50, [Counted(answered, roster_size)], reference_sd=20)
