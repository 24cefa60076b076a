import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ImpossibleSample
from scoring.uncertainty import reference_interval

REFERENCE = Path(__file__).parent / "reference"


def test_standard_errors_equal_those_of_r_survey_svymean_with_fpc():
    expected = json.loads((REFERENCE / "lq2002_team_uncertainty.json").read_text())["tsig"]
    people = pd.read_csv(REFERENCE / "lq2002.csv")
    people["score"] = people[["TSIG01", "TSIG02", "TSIG03"]].mean(axis=1)
    population = people.groupby("COMPID").head(25)
    answered = population[population["SUB"] % 3 != 0]

    for place, company in enumerate(expected["group"]):
        scores = answered[answered["COMPID"] == int(company)]["score"]
        found = reference_interval(
            scores.mean(), answered=len(scores), roster_size=expected["N"][place], reference_sd=scores.std()
        )
        assert found.n_used == expected["n"][place]
        assert found.mean == pytest.approx(expected["mean"][place], abs=1e-12)
        assert found.standard_error == pytest.approx(expected["se_fpc_survey"][place], abs=1e-10)


def test_where_everyone_answered_only_the_rounding_is_uncertain():
    found = reference_interval(60, answered=10, roster_size=10, reference_sd=20, rounding_step=2)
    assert found.standard_error == pytest.approx((4 / 12) ** 0.5, abs=1e-12)


def test_where_nobody_knows_how_many_were_asked_there_is_no_correction():
    found = reference_interval(60, answered=16, roster_size=None, reference_sd=20)
    assert found.standard_error == pytest.approx(5, abs=1e-12)
    assert found.method == "reference SD"


@given(st.integers(1, 50), st.integers(50, 10_000), st.floats(0, 100))
def test_intervals_hold_the_mean_and_stay_within_the_scale(answered, roster_size, mean):
    found = reference_interval(mean, answered=answered, roster_size=roster_size, reference_sd=20)
    assert 0 <= found.lower <= mean <= found.upper <= 100


@pytest.mark.parametrize(("answered", "roster_size"), [(0, 10), (11, 10), (0, None)])
def test_impossible_counts_are_refused(answered, roster_size):
    with pytest.raises(ImpossibleSample):
        reference_interval(50, answered=answered, roster_size=roster_size, reference_sd=20)
