import numpy as np
import pytest

from scoring.careless import (
    average_string,
    even_odd,
    flags,
    intra_individual_sd,
    longstring,
    mahalanobis,
    mahalanobis_cutoff,
    synonyms,
)
from scoring.errors import ShapesDiffer
from tests.scoring import r

TRAITS = [f"{trait}{item}" for trait in "ACENO" for item in range(1, 6)]
SAMPLES = {"bfi_careless": [5] * 5, "sai_a_careless": [10, 10]}


def _sample(name):
    people = r.data("bfi" if name == "bfi_careless" else "sai_a")
    answers = people[TRAITS] if name == "bfi_careless" else people[people["time"] == 1].iloc[:, 3:]
    return answers, r.results(name)


@pytest.mark.parametrize("name", SAMPLES)
def test_runs_of_equal_answers_equal_careless_longstring(name):
    answers, found = _sample(name)
    runs = longstring(answers)
    r.assert_near(runs[: len(found["longstring"]["first"])], found["longstring"]["first"], 0)
    values, counts = np.unique(runs, return_counts=True)
    table = found["longstring"]["table"]
    assert dict(zip(map(int, values), map(int, counts), strict=True)) == {int(run): n for run, n in table.items()}
    r.assert_near(average_string(answers)[: len(found["avgstr_first"])], found["avgstr_first"], 1e-12)


@pytest.mark.parametrize("name", SAMPLES)
def test_spread_within_a_person_equals_careless_irv(name):
    answers, found = _sample(name)
    spreads = intra_individual_sd(answers)
    r.assert_near(spreads[: len(found["irv"]["first"])], found["irv"]["first"], 1e-12)
    known = spreads[~np.isnan(spreads)]
    r.assert_near([known.mean(), known.std(ddof=1)], [found["irv"]["mean"], found["irv"]["sd"]], 1e-12)
    r.assert_near(np.quantile(known, [0.01, 0.05, 0.5, 0.95, 0.99]), found["irv"]["q"], 1e-12)


@pytest.mark.parametrize("name", SAMPLES)
def test_distance_from_the_middle_equals_careless_mahad(name):
    answers, found = _sample(name)
    distances = mahalanobis(answers)
    r.assert_near(distances[: len(found["mahad"]["first"])], found["mahad"]["first"], 1e-9)
    assert distances.mean() == pytest.approx(found["mahad"]["mean"], abs=1e-9)
    assert (distances > mahalanobis_cutoff(found["k"])).sum() == found["mahad"]["flagged"]


@pytest.mark.parametrize("name", SAMPLES)
def test_even_and_odd_halves_equal_careless_evenodd(name):
    answers, found = _sample(name)
    inconsistency = even_odd(answers, SAMPLES[name])
    r.assert_near(inconsistency[: len(found["evenodd"]["first"])], found["evenodd"]["first"], 1e-9)
    known = inconsistency[~np.isnan(inconsistency)]
    assert len(known) == found["evenodd"]["n"]
    assert known.mean() == pytest.approx(found["evenodd"]["mean"], abs=1e-9)


@pytest.mark.parametrize("name", SAMPLES)
def test_synonyms_equal_careless_psychsyn_where_r_draws_no_lots(name):
    # R's psychsyn tries random orders of the pairs for people whose correlation is not defined; we leave it undefined.
    answers, found = _sample(name)
    expected = r.floats(found["psychsyn_50"]["first"])
    ours = synonyms(answers, 0.5)
    defined = ~np.isnan(ours[: len(expected)])
    r.assert_near(ours[: len(expected)][defined], expected[defined], 1e-12)
    assert defined.mean() > 0.95
    assert (~np.isnan(ours)).sum() <= found["psychsyn_50"]["n"]


def test_the_same_answer_throughout_is_flagged_only_when_it_was_fast():
    answers = [[3, 3, 3, 3], [3, 3, 3, 3], [1, 2, 3, 4], [3, 3, 3, np.nan]]
    found = flags(answers, [4.0, 60.0, 4.0, np.nan])
    assert found.straight.tolist() == [True, True, False, False]
    assert found.fast.tolist() == [True, False, True, False]
    assert found.flagged.tolist() == [True, False, False, False]
    assert found.warnings == ()


def test_without_times_nobody_is_flagged():
    found = flags([[3, 3], [1, 2]])
    assert found.straight.tolist() == [True, False]
    assert not found.flagged.any()
    assert found.warnings == ("times are not known, so nobody is flagged",)


def test_times_and_scales_must_fit():
    with pytest.raises(ShapesDiffer, match="2 people and 1 times"):
        flags([[3, 3], [1, 2]], [4.0])
    with pytest.raises(ShapesDiffer, match=r"Scales of \[1, 2\]"):
        even_odd([[1, 2], [1, 2]], [1, 2])
