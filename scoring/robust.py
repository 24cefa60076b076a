"""Standard errors and tests of a factor model that hold when answers are not normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from scoring.factor import FittedFactors, Scales, columns_of, fit_factors, independent_log_likelihood
from scoring.fit_indices import RobustIndices, cfi, rmsea, robust_indices, tli
from scoring.likelihood import observed_information
from scoring.matrices import Floats, as_floats
from scoring.structures import derivatives, matrices


@dataclass(frozen=True)
class RobustFit:
    """Sandwich standard errors of the loadings, (p, m), and the fit corrected by Yuan and Bentler's factor.

    `robust` are the indices as they would be for normal answers.
    """

    loading_errors: Floats
    chi2_scaled: float
    df: int
    p_scaled: float | None
    scaling: float | None
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float
    robust: RobustIndices
    n_used: int
    method: str
    missing: str


def robust_fit(answers: ArrayLike | pd.DataFrame, scales: Scales) -> RobustFit:
    """Robust maximum likelihood of correlated factors, or of one.

    Estimates are those of maximum likelihood; errors are Huber's and White's sandwich with the observed information,
    and the test is Yuan & Bentler 2000, *Sociological Methodology* 30, 165-200, in the form of Mplus (R:
    ``lavaan::cfa(estimator = "MLR")``). Complete rows.

    Raises
    ------
    TooFewAnswers, DidNotConverge, ShapesDiffer
        As `scoring.factor.correlated_factors`.
    """
    fitted = fit_factors(answers, scales)
    places = [place for items in columns_of(answers, scales).values() for place in items]
    values = as_floats(answers)[:, places]
    values = values[~np.isnan(values).any(axis=1)]
    scores = _scores(values, fitted)
    bread = np.linalg.inv(observed_information([fitted.structure], fitted.samples, fitted.estimate.parameters))
    meat = scores.T @ scores / len(values)
    errors = np.sqrt(np.diag(bread @ meat @ bread) / len(values))
    loadings = np.zeros(fitted.structure.loadings.shape)
    free = fitted.structure.loadings >= 0
    loadings[free] = errors[fitted.structure.loadings[free]]
    return _fit(values, fitted, loadings, float(np.trace(meat @ bread)))


def _scores(values: Floats, fitted: FittedFactors) -> Floats:
    """Each person's derivatives of the log-likelihood by the parameters, shape (n, q)."""
    parameters = fitted.estimate.parameters
    found = matrices(fitted.structure, parameters)
    means, covariances = derivatives(fitted.structure, found, len(parameters))
    inverse = np.linalg.inv(found.covariance)
    away = (values - found.mean) @ inverse
    turned = inverse @ covariances
    squares = np.einsum("ni,qij,nj->nq", away, covariances, away, optimize=True)
    return np.asarray(away @ means.T + 0.5 * (squares - np.trace(turned, axis1=1, axis2=2)))


def _fit(values: Floats, fitted: FittedFactors, loading_errors: Floats, trace: float) -> RobustFit:
    n, items = values.shape
    df = items * (items + 3) // 2 - len(fitted.estimate.parameters)
    baseline_df = items * (items - 1) // 2
    chi2 = max(0.0, 2 * (fitted.saturated - fitted.estimate.log_likelihood))
    baseline = 2 * (fitted.saturated - independent_log_likelihood(fitted.samples, items))
    saturated, apart = _unrestricted_trace(values, fitted), _independent_trace(values, fitted)
    scaling = (saturated - trace) / df if df else None
    scaled = chi2 / scaling if scaling else 0.0
    baseline_scaling = (saturated - apart) / baseline_df
    baseline_scaled = baseline / baseline_scaling
    return RobustFit(
        loading_errors=loading_errors,
        chi2_scaled=scaled,
        df=df,
        p_scaled=float(chdtrc(df, scaled)) if df else None,
        scaling=scaling,
        cfi_scaled=cfi(scaled, df, baseline_scaled, baseline_df),
        tli_scaled=tli(scaled, df, baseline_scaled, baseline_df),
        rmsea_scaled=rmsea(scaled, df, n),
        robust=robust_indices((chi2, df, scaling or 1.0), (baseline, baseline_df, baseline_scaling), n),
        n_used=n,
        method="robust maximum likelihood",
        missing="complete rows",
    )


def _unrestricted_trace(values: Floats, fitted: FittedFactors) -> float:
    """What variances and covariances without a model add up to: p and half the excess of Mardia's kurtosis over p."""
    away = values - fitted.mean
    distances = np.einsum("ni,ij,nj->n", away, np.linalg.inv(fitted.covariance), away)
    items = values.shape[1]
    return float(items + 0.5 * (float((distances**2).mean()) - items))


def _independent_trace(values: Floats, fitted: FittedFactors) -> float:
    """The same for means and variances alone."""
    standard = (values - fitted.mean) / np.sqrt(np.diag(fitted.covariance))
    return float(values.shape[1] + 0.5 * ((standard**4).mean(axis=0) - 1).sum())
