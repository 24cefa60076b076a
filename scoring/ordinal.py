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
from scoring.fit_indices import cfi, rmsea, tli
from scoring.least_squares import loading_slopes, one_factor_loadings
from scoring.matrices import Floats
from scoring.polychoric import Polychoric, polychoric


@dataclass(frozen=True)
class OrdinalFactor:
    """One factor of the responses behind the answers: standardised loadings and their robust standard errors, (k,).

    `chi2` is that of the weighted residuals; the scaled figures are corrected in mean and variance (WLSMV). No degrees
    of freedom: nothing is tested and `p_scaled` is None.
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
        srmr=sqrt(float((residuals**2).sum()) / (items * (items + 1) / 2)),
        n_used=n,
        method="diagonally weighted least squares, mean- and variance-adjusted",
        warnings=correlations.warnings + heywood,
    )


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
