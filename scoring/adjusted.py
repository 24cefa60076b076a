"""A weighted sum of squared residuals as a test: corrected in mean and variance."""

from __future__ import annotations

from math import sqrt

import numpy as np

from scoring.matrices import Floats


def adjusted_chi2(chi2: float, df: int, weights: Floats, slopes: Floats, asymptotic: Floats) -> float:
    """The chi-squared of diagonally weighted residuals, stretched and shifted to the mean and variance of its df.

    Asparouhov & Muthen 2010 (R: lavaan's ``test = "scaled.shifted"``, part of ``estimator = "WLSMV"``).

    Parameters
    ----------
    chi2, df
        The uncorrected statistic and its degrees of freedom; without any the answer is 0.
    weights
        Shape (m,), of the m residuals.
    slopes
        Shape (m, q): derivatives of the model's moments by its parameters.
    asymptotic
        Shape (m, m): covariances of the observed moments times n.
    """
    if df == 0:
        return 0.0
    weighted = slopes * weights[:, None]
    left = np.diag(weights) - weighted @ np.linalg.inv(slopes.T @ weighted) @ weighted.T
    spread = left @ asymptotic
    stretch = sqrt(df / float((spread * spread.T).sum()))
    return chi2 * stretch + df - stretch * float(np.trace(spread))
