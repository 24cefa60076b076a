import numpy as np
import pytest

from scoring import (
    dif,
    equipercentile,
    invariance,
    irt,
    least_squares,
    likelihood,
    mixed,
    ordinal,
    proportional_odds,
    reliability,
)
from scoring.errors import DidNotConverge
from tests.scoring import r


@pytest.fixture(autouse=True)
def _hardly_any_steps(monkeypatch):
    """Estimations that may try once or twice, as data that do not fit would let them run out of steps."""
    for module in (equipercentile, irt, likelihood, least_squares, proportional_odds):
        monkeypatch.setattr(module, "_STEPS", 1)
    monkeypatch.setattr(mixed, "_STEPS", 3)
    monkeypatch.setattr(dif, "_ROUNDS", 0)


def _answers():
    return r.scale("neuro")[0]


@pytest.mark.parametrize(
    "estimate",
    [
        lambda: irt.fit_graded(_answers()),
        lambda: ordinal.ordinal_factor(_answers()),
        lambda: proportional_odds.proportional_odds(
            _answers()["N1"].dropna().to_numpy(), np.arange(2778.0).reshape(-1, 1) % 7
        ),
        lambda: least_squares.minimum_residuals(_answers()),
        lambda: equipercentile.smoothed(np.array([1.0, 5, 9, 2]), 2),
        lambda: mixed.random_intercepts([1, 2, 4, 5, 7.0], {"g": [1, 1, 2, 2, 3]}),
    ],
)
def test_what_finds_no_answer_in_its_steps_says_so(estimate):
    with pytest.raises(DidNotConverge, match="found no stable answer"):
        estimate()


def test_omega_that_finds_no_answer_is_absent_and_says_why():
    omega = reliability.omega_total(_answers())
    assert omega.omega is None
    assert "found no stable answer" in omega.warnings[0]


def test_invariance_that_finds_no_answer_is_not_testable():
    answers = _answers()
    tested = invariance.test(answers, {"scale": range(5)}, r.data("bfi")["gender"])
    assert "found no stable answer" in tested.verdict
