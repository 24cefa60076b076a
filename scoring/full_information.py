"""How far a factor model is from answers with gaps, as if there were none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.factor import FittedFactors, Scales, fit_factors
from scoring.fit_indices import RobustIndices, robust_indices
from scoring.likelihood import available_moments
from scoring.matrices import Floats
from scoring.structures import derivatives, matrices


def full_information_indices(answers: ArrayLike | pd.DataFrame, scales: Scales) -> RobustIndices:
    """CFI, TLI and RMSEA of a model fitted to every answer, as they would be had nothing been missing.

    Chi-squared from gaps understates misfit. Zhang & Savalei 2023, *Structural Equation Modeling* 30, 117-134: the
    complete-data distance of the model from the unrestricted means and covariances, less what sampling makes of it
    (R: lavaan's ``cfi.robust`` with ``missing = "fiml"``).

    Parameters
    ----------
    answers, scales
        As `scoring.factor.correlated_factors` with ``missing="fiml"``.

    Raises
    ------
    TooFewAnswers, DidNotConverge, ShapesDiffer
        As there.
    """
    fitted = fit_factors(answers, scales, missing="fiml")
    items = len(fitted.items)
    lower = np.tril_indices(items)
    known, complete = _observed_information(fitted), _complete_information(fitted.covariance)
    sampling = np.asarray(np.linalg.inv(known), dtype=np.float64)
    found = matrices(fitted.structure, fitted.estimate.parameters)
    means, covariances = derivatives(fitted.structure, found, len(fitted.estimate.parameters))
    slopes = np.hstack([means, covariances[:, lower[0], lower[1]]]).T
    own_mean, own_variance = available_moments(fitted.samples, items)
    diagonal = np.concatenate([np.ones(items, dtype=bool), lower[0] == lower[1]])
    n, df, baseline_df = fitted.estimate.n, len(known) - slopes.shape[1], items * (items - 1) // 2
    distances = [
        n * _distance(fitted, mean, covariance)
        for mean, covariance in ((found.mean, found.covariance), (own_mean, np.diag(own_variance)))
    ]
    left = [_left_over(tried, known, complete, sampling) for tried in (slopes, np.eye(len(known))[:, diagonal])]
    return robust_indices(
        (distances[0], df, left[0] / df if df else 1.0), (distances[1], baseline_df, left[1] / baseline_df), n
    )


def _observed_information(fitted: FittedFactors) -> Floats:
    """Minus the second derivatives, per person, of the log-likelihood by means and the lower triangle of covariances.

    Savalei 2010, *Psychological Methods* 15, 352-367.
    """
    items = len(fitted.mean)
    found = np.zeros((items + items * (items + 1) // 2,) * 2)
    for sample in fitted.samples:
        own = sample.items
        inverse = np.zeros((items, items))
        inverse[np.ix_(own, own)] = np.linalg.inv(fitted.covariance[np.ix_(own, own)])
        away = np.zeros(items)
        away[own] = sample.mean - fitted.mean[own]
        spread = np.outer(away, away)
        spread[np.ix_(own, own)] += sample.covariance
        found += sample.n * _information(inverse, 2 * inverse @ spread @ inverse - inverse, inverse @ away)
    return found / sum(sample.n for sample in fitted.samples)


def _complete_information(covariance: Floats) -> Floats:
    """Information per person when nothing is missing."""
    inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    return _information(inverse, inverse, np.zeros(len(inverse)))


def _information(inverse: Floats, middle: Floats, pull: Floats) -> Floats:
    """Second derivatives: W by means, ``W D pull`` across, ``tr(W D middle D') / 2`` by covariances."""
    items = len(inverse)
    rows, columns = np.tril_indices(items)
    half = np.where(rows == columns, 0.5, 1.0)
    found = np.empty((items + len(rows),) * 2)
    found[:items, :items] = inverse
    found[:items, items:] = (inverse[:, rows] * pull[columns] + inverse[:, columns] * pull[rows]) * half
    found[items:, :items] = found[:items, items:].T
    found[items:, items:] = np.outer(half, half / 2) * sum(
        inverse[np.ix_(own, mine)] * middle[np.ix_(other, yours)]
        for own, other in ((rows, columns), (columns, rows))
        for mine, yours in ((rows, columns), (columns, rows))
    )
    return found


def _distance(fitted: FittedFactors, mean: Floats, covariance: Floats) -> float:
    """Twice the distance of log-likelihoods per person, had the unrestricted moments been seen in full."""
    ratio, away = np.linalg.solve(covariance, fitted.covariance), fitted.mean - mean
    return float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(ratio) + away @ np.linalg.solve(covariance, away))


def _left_over(slopes: Floats, known: Floats, complete: Floats, sampling: Floats) -> float:
    """What sampling alone leaves of the distance: the trace of the projected weights with the sampling covariances."""
    kept = np.eye(len(known)) - slopes @ np.linalg.solve(slopes.T @ known @ slopes, slopes.T @ known)
    return float(np.trace(kept.T @ complete @ kept @ sampling))
