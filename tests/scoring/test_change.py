import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.change import RELIABLE_CHANGE_METHODS, Overlap, Verdict, reliable_change, team_change
from scoring.errors import ImpossibleSample, UnknownChoice
from scoring.reliability import standard_error_of_measurement
from scoring.uncertainty import mean_interval
from tests.scoring import r

R_METHODS = dict(zip(RELIABLE_CHANGE_METHODS, ("jacobson_truax", "edwards_nunnally", "prediction"), strict=True))


def _pairs():
    """Scores of everybody at both times, as R made them: half rule, five studies, sorted."""
    people = r.data("sai_a")
    _, found = r.scale("anxiety")
    keyed = r.keyed(people[found["items"]], found["reversed"], 1, 4)
    people = people[["study", "time", "id"]].assign(score=keyed.mean(axis=1).where(keyed.notna().sum(axis=1) >= 10))
    first, second = (people[people["time"] == time] for time in (1, 2))
    chosen = first[first["study"].isin(["FLAT", "FILM", "SALT", "SHOP", "Fast"])]
    return chosen.merge(second, on=["study", "id"], suffixes=("1", "2"))


@pytest.mark.parametrize("method", RELIABLE_CHANGE_METHODS)
def test_reliable_change_equals_base_r(method):
    found = r.results("sai_a_scale_rci")["reliable_change_1_2"]
    expected = found[R_METHODS[method]]

    first = reliable_change(found["x1"], found["x2"], found["rxx"], found["sd1"], method, mean=found["mean1"])
    pairs = _pairs()
    everybody = reliable_change(
        pairs["score1"], pairs["score2"], found["rxx"], found["sd1"], method, mean=found["mean1"]
    )

    r.assert_near(first.index, expected["first"], 1e-12)
    r.assert_near(first.threshold, found["jt_threshold95"], 1e-12)
    assert everybody.n_used == found["n"]
    counts = expected["counts"]
    assert (everybody.down, everybody.unchanged, everybody.up) == (counts["down"], counts["none"], counts["up"])


def test_errors_of_reliable_change_equal_base_r():
    found = r.results("sai_a_scale_rci")["reliable_change_1_2"]
    r.assert_near(standard_error_of_measurement(found["sd1"], found["rxx"]), found["sem"], 1e-12)


@pytest.mark.parametrize("change", ["change_jobsat_1_2", "change_jobsat_1_3"])
def test_change_of_a_mean_equals_base_r_with_and_without_known_overlap(change):
    found = r.results("univbct_trend")[change]
    people = r.data("univbct")
    first = people[people["TIME"] == 0]
    later = first["JOBSAT2" if change.endswith("2") else "JOBSAT3"]
    before, after = mean_interval(first["JOBSAT1"], None), mean_interval(later, None)
    both = first["JOBSAT1"].notna() & later.notna()
    covariance = float(np.cov(first["JOBSAT1"][both], later[both])[0, 1])

    apart = team_change(before, after)
    linked = team_change(before, after, overlap=Overlap(int(both.sum()), covariance, before.n, after.n))

    assert (before.n, after.n, int(both.sum())) == (found["n1"], found["n2"], found["n12"])
    r.assert_near(apart.difference, found["m2"] - found["m1"], 1e-12)
    r.assert_near(apart.standard_error, found["se_independent"], 1e-12)
    r.assert_near(linked.standard_error, found["se_partially_overlapping"], 1e-12)
    assert linked.method.startswith("overlapping")


def test_a_team_of_six_is_never_said_to_have_changed_by_three_points():
    before = mean_interval([55.0] * 6, 9, pooled_sd=20)
    after = mean_interval([58.0] * 6, 9, pooled_sd=20)
    assert team_change(before, after).verdict is Verdict.UNCLEAR


def test_clear_changes_are_said_and_the_error_of_a_link_widens_them():
    low, high = mean_interval([40.0] * 25, 100, pooled_sd=20), mean_interval([60.0] * 25, 100, pooled_sd=20)
    assert team_change(low, high).verdict is Verdict.HIGHER
    assert team_change(high, low).verdict is Verdict.LOWER
    assert team_change(low, high, link_error=12).verdict is Verdict.UNCLEAR


def test_without_a_mean_there_is_no_change():
    nobody, somebody = mean_interval([np.nan], 5), mean_interval([50.0, 60.0], 5)
    found = team_change(nobody, somebody)
    assert (found.difference, found.verdict) == (None, Verdict.UNCLEAR)
    assert found.warnings == ("an occasion has no mean with a standard error",)


def test_an_impossible_overlap_is_refused():
    same = mean_interval([50.0, 60.0], None)
    with pytest.raises(ImpossibleSample):
        team_change(same, same, overlap=Overlap(2, 500.0, 2, 2))


def test_unknown_methods_and_impossible_references_are_refused():
    with pytest.raises(UnknownChoice, match="jacobson-truax, edwards-nunnally, prediction"):
        reliable_change([1], [2], 0.8, 1, "guess")
    for reliability, sd in ((1.0, 1), (-0.1, 1), (0.8, 0)):
        with pytest.raises(ImpossibleSample):
            reliable_change([1], [2], reliability, sd)


def test_somebody_who_missed_an_occasion_did_not_change():
    found = reliable_change([1.0, np.nan, 2.0], [4.0, 2.0, 2.1], 0.9, 0.5)
    assert found.verdicts.tolist() == [1, 0, 0]
    assert (found.n_used, found.unchanged) == (2, 1)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(2, 40), st.integers(2, 40))
def test_a_change_back_is_the_same_change_the_other_way(first, second, n, m):
    before = mean_interval([first] * n, 50, pooled_sd=20)
    after = mean_interval([second] * m, 50, pooled_sd=20)
    forth, back = team_change(before, after), team_change(after, before)
    assert forth.difference == pytest.approx(-back.difference, abs=1e-9)
    assert forth.standard_error == pytest.approx(back.standard_error, abs=1e-12)
