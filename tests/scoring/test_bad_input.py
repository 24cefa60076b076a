"""Whatever callers bring, each function answers, or refuses with an error of this package; never with a library's."""

import numpy as np
import pandas as pd
import pytest

from scoring import (
    aggregation,
    alpha,
    careless,
    dif,
    factor,
    full_information,
    invariance,
    irt,
    irt_dif,
    irt_fit,
    items,
    keys,
    least_squares,
    missing,
    modification,
    ordinal,
    ordinal_invariance,
    polychoric,
    reliability,
    robust,
    scores,
    two_levels,
)
from scoring.errors import ScoringError

RNG = np.random.default_rng(0)
NOISE = RNG.integers(1, 6, (40, 4)).astype(float)
BASE = np.clip(np.round(3 + RNG.normal(size=(40, 1)) + 0.8 * RNG.normal(size=(40, 4))), 1, 5)
SCALES = {"a": [0, 1], "b": [2, 3]}


def _nullable():
    return pd.DataFrame(
        {
            "a": pd.array([1, 2, None, 4, 5] * 4, dtype="Int64"),
            "b": [1, 2, 3, 4, 5] * 4,
            "c": [5, 4, 3, 2, 1] * 4,
            "d": [2, 2, 3, 3, 1] * 4,
        }
    )


BROUGHT = {
    "noise": NOISE,
    "nothing": np.empty((0, 4)),
    "only gaps": np.full((10, 4), np.nan),
    "one row": BASE[:1],
    "two rows": BASE[:2],
    "one item": BASE[:, :1],
    "two items": BASE[:, :2],
    "no item": np.empty((5, 0)),
    "one dimension": BASE[:, 0],
    "three dimensions": BASE.reshape(40, 2, 2),
    "one answer": np.full((30, 4), 3.0),
    "one item of one answer": np.column_stack([BASE[:, :3], np.full(40, 2.0)]),
    "the same item four times": np.repeat(BASE[:, :1], 4, axis=1),
    "an item and its reverse": np.column_stack([BASE[:, 0], 6 - BASE[:, 0]] * 2),
    "texts": np.array([["a", "b", "c", "d"]] * 5, dtype=object),
    "numbers as texts": BASE.astype(int).astype(str).astype(object),
    "None": np.array([[1, None, 2, 3]] * 6, dtype=object),
    "infinity": np.where(BASE == 5, np.inf, BASE),
    "fractions": BASE / 2 + 1,
    "large numbers": BASE * 1e9,
    "far from zero": BASE + 1e6,
    "yes and no": BASE > 3,
    "bytes": BASE.astype(np.uint8),
    "narrow floats": BASE.astype(np.float32),
    "masked": np.ma.array(BASE, mask=BASE == 3),
    "lists": BASE.tolist(),
    "nullable columns": _nullable(),
    "columns of one name": pd.DataFrame(BASE, columns=["a", "a", "b", "c"]),
    "categories": pd.DataFrame({"a": pd.Categorical([1, 2, 3] * 5), "b": [1, 2, 3] * 5, "c": [3, 1, 2] * 5}),
}


def halves(answers):
    return np.arange(len(answers)) % 2


FUNCTIONS = {
    "cronbach_alpha": alpha.cronbach_alpha,
    "pairwise alpha": lambda answers: alpha.cronbach_alpha(answers, missing="pairwise"),
    "omega_total": reliability.omega_total,
    "ordinal_alpha": reliability.ordinal_alpha,
    "ordinal_omega": reliability.ordinal_omega,
    "analyse": lambda answers: items.analyse(answers, 1, 5),
    "one_factor": factor.one_factor,
    "full information": lambda answers: factor.one_factor(answers, missing="fiml"),
    "correlated_factors": lambda answers: factor.correlated_factors(answers, SCALES),
    "robust_fit": lambda answers: robust.robust_fit(answers, {"a": [0, 1, 2]}),
    "modification_indices": lambda answers: modification.modification_indices(answers, SCALES),
    "minimum_residuals": least_squares.minimum_residuals,
    "polychoric": polychoric.polychoric,
    "ordinal_factor": ordinal.ordinal_factor,
    "invariance": lambda answers: invariance.test(answers, {"a": [0, 1, 2]}, halves(answers), people_needed=5),
    "partial": lambda answers: invariance.partial(answers, {"a": [0, 1, 2]}, halves(answers), people_needed=5),
    "ordered categories": lambda answers: ordinal_invariance.ordinal_invariance(
        answers, halves(answers), people_needed=5
    ),
    "full information indices": lambda answers: full_information.full_information_indices(answers, {"a": [0, 1, 2]}),
    "C2": lambda answers: irt_fit.limited_information_fit(irt.fit_graded(answers), answers),
    "likelihood ratios": lambda answers: irt_dif.likelihood_ratios(answers, halves(answers)),
    "ordinal_logistic": lambda answers: dif.ordinal_logistic(answers, halves(answers)),
    "purified": lambda answers: dif.purified_ordinal_logistic(answers, halves(answers)),
    "fit_graded": irt.fit_graded,
    "prorate": lambda answers: missing.prorate(answers, "half"),
    "two_way_impute": missing.two_way_impute,
    "item_centred_means": missing.item_centred_means,
    "mean_score": lambda answers: scores.mean_score(answers, 1, 5),
    "sum_score": scores.sum_score,
    "pomp": lambda answers: scores.pomp(answers, 1, 5),
    "reverse": lambda answers: keys.reverse(answers, 1, 5),
    "longstring": careless.longstring,
    "intra_individual_sd": careless.intra_individual_sd,
    "flags": careless.flags,
    "mahalanobis": careless.mahalanobis,
    "synonyms": careless.synonyms,
    "even_odd": lambda answers: careless.even_odd(answers, [2, 2]),
    "rwgj": lambda answers: aggregation.rwgj(answers, halves(answers), 2.0),
    "average_deviation": lambda answers: aggregation.average_deviation(answers, halves(answers)),
    "awg": lambda answers: aggregation.awg(answers, halves(answers), 1, 5),
    "two_level_alpha": lambda answers: two_levels.two_level_alpha(answers, halves(answers)),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_but_an_answer_or_an_error_of_this_package(function):
    refused, said, strange = [], [], []
    for kind, answers in BROUGHT.items():
        try:
            FUNCTIONS[function](answers)
        except ScoringError as error:
            refused.append(kind)
            said.append(str(error))
        except Exception as error:
            strange.append((kind, repr(error)))
    assert strange == []
    assert all(sentence.endswith(".") for sentence in said)
    assert "no item" in refused or function in ("pomp", "reverse")


def test_a_determined_model_is_needed_for_errors():
    answers = np.array([[1, 1, 3], [2, 2, 1], [3, 3, 2]] * 5)
    assert reliability.omega_total(answers).omega is None
