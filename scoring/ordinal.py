"""One factor behind ordered categories: weighted least squares on polychoric correlations, and omega of the scores."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr

from scoring.adjusted import adjusted_chi2
from scoring.bivariate_normal import cumulative
from scoring.errors import TooFewAnswers
from scoring.fit_indices import RobustIndices, cfi, rmsea, robust_indices, tli
from scoring.least_squares import loading_slopes, one_factor_loadings
from scoring.matrices import Floats
from scoring.polychoric import Polychoric, polychoric
from scoring.structures import Places


@dataclass(frozen=True)
class OrdinalFactor:
    """One factor of the responses behind the answers: standardised loadings and their robust standard errors, (k,).

    `chi2` is that of the weighted residuals; the scaled figures are corrected in mean and variance (WLSMV), `robust`
    are those of the responses behind the answers. No degrees of freedom: nothing is tested and `p_scaled` is None.
    """

    items: tuple[str, ...]
    loadings: Floats
    loading_errors: Floats
    uniquenesses: Floats
    chi2: float
    df: int
    chi2_scaled: float
    p_scaled: float | None
    cfi: float
    tli: float
    rmsea: float
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float
    robust: RobustIndices | None
    srmr: float
    n_used: int
    method: str
    warnings: tuple[str, ...]


def ordinal_factor(answers: ArrayLike | pd.DataFrame) -> OrdinalFactor:
    """Fit one factor to ordered categories.

    Diagonally weighted least squares on polychoric correlations with the mean- and variance-adjusted test: Muthen, du
    Toit & Spisic 1997; Asparouhov & Muthen 2010 (R: ``lavaan::cfa(ordered = , estimator = "WLSMV")``).

    Raises
    ------
    TooFewAnswers
        Fewer than three items, an item without two categories in use, or no more people than items.
    """
    return fit_to(polychoric(answers))


def fit_to(correlations: Polychoric) -> OrdinalFactor:
    """`ordinal_factor` of polychoric correlations that are there already."""
    items = len(correlations.items)
    if items < 3:
        raise TooFewAnswers("A factor needs three items.")
    rows, columns = map(np.array, zip(*correlations.pairs, strict=True))
    observed = correlations.correlations[rows, columns]
    asymptotic = correlations.correlations_asymptotic
    weights = 1 / np.diag(asymptotic)
    loadings = one_factor_loadings(correlations.correlations, weights, rows, columns)
    slopes = loading_slopes(loadings, rows, columns)
    residuals = observed - loadings[rows] * loadings[columns]
    bread = np.linalg.inv(slopes.T * weights @ slopes)
    meat = (slopes.T * weights) @ asymptotic @ (slopes.T * weights).T
    n, df = correlations.n_used, len(observed) - items
    chi2, baseline = (float(left**2 @ weights) * (n - 1) for left in (residuals, observed))
    chi2_scaled = adjusted_chi2(chi2, df, weights, slopes, asymptotic)
    baseline_scaled = adjusted_chi2(baseline, len(observed), weights, np.zeros((len(observed), 0)), asymptotic)
    heywood = tuple(
        f"the uniqueness of {name} is below zero (Heywood case)"
        for name, loading in zip(correlations.items, loadings, strict=True)
        if abs(loading) > 1
    )
    return OrdinalFactor(
        items=correlations.items,
        loadings=loadings,
        loading_errors=np.sqrt(np.diag(bread @ meat @ bread) / (n - 1)),
        uniquenesses=1 - loadings**2,
        chi2=chi2,
        df=df,
        chi2_scaled=chi2_scaled,
        p_scaled=float(chdtrc(df, chi2_scaled)) if df else None,
        cfi=cfi(chi2, df, baseline, len(observed)),
        tli=tli(chi2, df, baseline, len(observed)),
        rmsea=rmsea(chi2, df, n - 1),
        cfi_scaled=cfi(chi2_scaled, df, baseline_scaled, len(observed)),
        tli_scaled=tli(chi2_scaled, df, baseline_scaled, len(observed)),
        rmsea_scaled=rmsea(chi2_scaled, df, n - 1),
        robust=_as_if_normal(correlations, loadings, df),
        srmr=sqrt(float((residuals**2).sum()) / (items * (items + 1) / 2)),
        n_used=n,
        method="diagonally weighted least squares, mean- and variance-adjusted",
        warnings=correlations.warnings + heywood,
    )


def _as_if_normal(correlations: Polychoric, loadings: Floats, df: int) -> RobustIndices | None:
    """Indices of the responses behind the answers, had they been seen; None where the correlations cannot be theirs.

    Savalei 2021, *Psychological Methods* 26, 466-477: the normal-theory distance of the polychoric correlations from
    the model, and what sampling alone makes of it (lavaan's ``catML``).
    """
    observed = correlations.correlations
    if float(np.linalg.eigvalsh(observed)[0]) <= 0 or (np.abs(loadings) >= 1).any():
        return None
    rows, columns = map(np.array, zip(*correlations.pairs, strict=True))
    implied = np.outer(loadings, loadings)
    np.fill_diagonal(implied, 1.0)
    asymptotic, slopes = correlations.correlations_asymptotic, loading_slopes(loadings, rows, columns)
    weighted = slopes.T / np.diag(asymptotic)
    kept = np.eye(len(rows)) - slopes @ np.linalg.inv(weighted @ slopes) @ weighted
    factor = float(np.trace(kept.T @ _normal_weights(implied, rows, columns) @ kept @ asymptotic)) / df if df else 1.0
    alone = np.eye(len(observed))
    alone_factor = float(np.trace(_normal_weights(alone, rows, columns) @ asymptotic)) / len(rows)
    n = correlations.n_used
    return robust_indices(
        (n * _normal_distance(observed, implied), df, factor),
        (n * _normal_distance(observed, alone), len(rows), alone_factor),
        n - 1,
    )


def _normal_distance(observed: Floats, implied: Floats) -> float:
    """``log|S| - log|R| + tr(R S^-1) - k``, twice the distance of log-likelihoods per person."""
    ratio = np.linalg.solve(implied, observed)
    return float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(observed))


def _normal_weights(implied: Floats, rows: Places, columns: Places) -> Floats:
    """Normal theory's weights of pairs of correlations: the information about them, shape (P, P)."""
    inverse = np.linalg.inv(implied)
    straight = inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
    return np.asarray(straight + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)])


def omega_of_scores(correlations: Polychoric, loadings: Floats) -> tuple[float, float]:
    """Reliability of the sum of the answers when one factor lies behind the categories.

    Green & Yang 2009, *Psychometrika* 74, 155-167, eq. 21 (R: ``semTools::compRelSEM(ord.scale = TRUE)``): the variance
    of the sum that the factor explains over the variance of the sum, the latter as the model has it and as the
    polychoric correlations have it.

    Returns
    -------
    tuple
        Model-based and observed. Where they differ by more than .02 one factor does not describe the items.
    """
    implied = np.outer(loadings, loadings)
    shared = _category_covariance(correlations, implied)
    modelled = implied.copy()
    np.fill_diagonal(modelled, 1.0)
    return (
        shared / _category_covariance(correlations, modelled),
        shared / _category_covariance(correlations, correlations.correlations),
    )


def _category_covariance(correlations: Polychoric, latent: Floats) -> float:
    """Variance of the sum of category numbers, given the correlations of the responses behind them."""
    total = 0.0
    for first, own in enumerate(correlations.thresholds):
        for second, other in enumerate(correlations.thresholds):
            relation = float(np.clip(latent[first, second], -1, 1))
            if relation == 1:
                both = ndtr(np.minimum(own[:, None], other[None, :]))
            else:
                both = cumulative(own[:, None], other[None, :], relation)
            total += float((both - ndtr(own)[:, None] * ndtr(other)[None, :]).sum())
    return total
