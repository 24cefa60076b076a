"""One factor's loadings from correlations, by weighted least squares of what they leave over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.factor import starting_loadings
from scoring.matrices import Floats, complete_rows
from scoring.moments import complete_moments, correlations_of
from scoring.structures import Places

_STEPS = 200


@dataclass(frozen=True)
class MinimumResiduals:
    """One factor of correlations: loadings and uniquenesses, (k,), the eigenvalues, and omega over either variance."""

    loadings: Floats
    uniquenesses: Floats
    eigenvalues: Floats
    omega: float
    omega_observed: float
    n_used: int
    method: str
    warnings: tuple[str, ...]


def minimum_residuals(answers: ArrayLike | pd.DataFrame) -> MinimumResiduals:
    """One factor of correlations that leaves the least over: Harman & Jones 1966 (R: ``psych::fa(fm = "minres")``).

    Parameters
    ----------
    answers
        Shape (n, k), k of 3 or more; rows with a missing answer are left out.

    Raises
    ------
    TooFewAnswers
        Fewer than three items, or an item that does not vary.
    DidNotConverge
        No answer was found.
    """
    values = complete_rows(answers)
    correlations = correlations_of(complete_moments(values).covariance)
    if len(correlations) < 3 or np.isnan(correlations).any():
        raise TooFewAnswers("A factor needs three items, each of which varies.")
    rows, columns = np.tril_indices(len(correlations), -1)
    loadings = one_factor_loadings(correlations, np.ones(len(rows)), rows, columns)
    uniquenesses = 1 - loadings**2
    common, left, total = float(loadings.sum()) ** 2, float(uniquenesses.sum()), float(correlations.sum())
    modelled = common + left
    return MinimumResiduals(
        loadings=loadings,
        uniquenesses=uniquenesses,
        eigenvalues=np.asarray(np.linalg.eigvalsh(correlations)[::-1], dtype=np.float64),
        omega=common / modelled if modelled > 0 else float("nan"),
        omega_observed=1 - left / total if total > 0 else float("nan"),
        n_used=len(values),
        method="minimum residuals of correlations",
        warnings=("a uniqueness is below zero (Heywood case)",) if (uniquenesses < 0).any() else (),
    )


def one_factor_loadings(correlations: Floats, weights: Floats, rows: Places, columns: Places) -> Floats:
    """Loadings of least weighted squares over pairs of items, by Gauss-Newton with halved steps.

    Raises
    ------
    DidNotConverge
        No answer was found.
    """
    observed = correlations[rows, columns]
    loadings = starting_loadings(correlations)

    def height(tried: Floats) -> float:
        return float((observed - tried[rows] * tried[columns]) ** 2 @ weights)

    for _ in range(_STEPS):
        slopes = loading_slopes(loadings, rows, columns)
        residuals = observed - loadings[rows] * loadings[columns]
        step = np.linalg.lstsq(slopes.T * weights @ slopes, slopes.T * weights @ residuals, rcond=None)[0]
        shrink = 1.0
        while height(loadings + shrink * step) > height(loadings) * (1 + 1e-12) + 1e-20 and shrink > 1e-9:
            shrink /= 2
        loadings = loadings + shrink * step
        if np.abs(step).max() < 1e-12:
            return np.asarray(loadings)
    raise DidNotConverge("The one-factor model", _STEPS)


def loading_slopes(loadings: Floats, rows: Places, columns: Places) -> Floats:
    """Derivatives of each pair's product of loadings, shape (pairs, k)."""
    places = np.arange(len(rows))
    found = np.zeros((len(rows), len(loadings)))
    found[places, rows] = loadings[columns]
    found[places, columns] = loadings[rows]
    return found
