"""Coefficient alpha with its intervals, and what belongs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import fdtri

from scoring.confidence import normal_reach, upper_tail
from scoring.errors import UnknownChoice
from scoring.matrices import Floats, as_matrix
from scoring.moments import Moments, complete_moments, correlations_of, pairwise_moments

Missing = Literal["listwise", "pairwise"]

_NOTHING = 1e-12
"""A variance that is only what rounding leaves, as a share of the items' own."""

_NO_SPREAD = "the sum of the items does not vary, so there is no alpha"


@dataclass(frozen=True)
class Alpha:
    """Coefficient alpha and its company. None where it does not exist: one item, one person, nothing varies.

    `lower` and `upper` are Feldt's interval; `bonett` and `duhachek` those of the others, `standard_error` Duhachek's.
    `lambda2` and `lambda6` are Guttman's. `standardized_alpha` is that of the correlations: for two items the
    Spearman-Brown coefficient.
    """

    alpha: float | None
    lower: float | None
    upper: float | None
    standardized_alpha: float | None
    mean_correlation: float | None
    median_correlation: float | None
    correlation_variance: float | None
    standard_error: float | None
    duhachek: tuple[float, float] | None
    bonett: tuple[float, float] | None
    lambda2: float | None
    lambda6: float | None
    n_used: int
    n_items: int
    confidence: float
    method: str
    missing: str
    warnings: tuple[str, ...]

    @property
    def signal_to_noise(self) -> float | None:
        """``k r / (1 - r)`` with the mean correlation r: Cronbach & Gleser 1964; None where r is 1 or unknown."""
        mean = self.mean_correlation
        return None if mean is None or mean == 1 else self.n_items * mean / (1 - mean)


def cronbach_alpha(
    answers: ArrayLike | pd.DataFrame, confidence: float = 0.95, *, missing: Missing = "listwise"
) -> Alpha:
    """Coefficient alpha with its interval.

    ``k / (k - 1) (1 - trace(C) / sum(C))`` for the items' covariances C (Cronbach 1951, *Psychometrika* 16, 297-334;
    R: ``psych::alpha``). Interval: Feldt 1965, *Psychometrika* 30, 357-370, with n - 1 and (n - 1)(k - 1) degrees of
    freedom.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; NaN where missing.
    confidence
        Of the intervals, between 0 and 1.
    missing
        ``listwise``: complete rows. ``pairwise``: each covariance from the rows that answer both items; n is then the
        smallest number that any pair shares. R's ``psych::alpha`` counts all rows instead, which makes its interval
        too narrow.

    Raises
    ------
    UnknownChoice
        `missing` is neither.

    Examples
    --------
    >>> round(cronbach_alpha([[1, 2], [2, 2], [3, 4], [5, 4]]).alpha, 4)
    0.8936
    """
    if missing not in ("listwise", "pairwise"):
        raise UnknownChoice("way with missing answers", missing, ("listwise", "pairwise"))
    matrix = as_matrix(answers)
    return alpha_of(complete_moments(matrix) if missing == "listwise" else pairwise_moments(matrix), confidence)


def alpha_of(moments: Moments, confidence: float = 0.95) -> Alpha:
    """Coefficient alpha of moments that are there already; see `cronbach_alpha`."""
    covariance, n = moments.covariance, moments.n
    items = len(covariance)
    alpha = raw_alpha(covariance)
    correlations = correlations_of(covariance)
    pairs = correlations[np.tril_indices(items, -1)]
    bounds = None if alpha is None else feldt_interval(alpha, n, items, confidence)
    error = None if alpha is None else duhachek_error(covariance, n)
    reach = normal_reach(confidence)
    known = alpha is not None and not np.isnan(pairs).any()
    return Alpha(
        alpha=alpha,
        lower=None if bounds is None else bounds[0],
        upper=None if bounds is None else bounds[1],
        standardized_alpha=raw_alpha(correlations) if known else None,
        mean_correlation=float(pairs.mean()) if known else None,
        median_correlation=float(np.median(pairs)) if known else None,
        correlation_variance=float(pairs.var(ddof=1)) if known and len(pairs) > 1 else None,
        standard_error=error,
        duhachek=None if alpha is None or error is None else (alpha - reach * error, alpha + reach * error),
        bonett=None if alpha is None else bonett_interval(alpha, n, items, confidence),
        lambda2=None if alpha is None else _lambda2(covariance),
        lambda6=_lambda6(correlations) if known else None,
        n_used=n,
        n_items=items,
        confidence=confidence,
        method="Cronbach 1951; interval Feldt 1965",
        missing=moments.missing,
        warnings=_alpha_warnings(alpha, n, items),
    )


def raw_alpha(covariance: Floats) -> float | None:
    """``k / (k - 1) (1 - trace(C) / sum(C))``; None for one item, or where C is unknown or sums to nothing."""
    items, total = len(covariance), float(covariance.sum())
    if items < 2 or not total > _NOTHING * float(np.trace(covariance)):
        return None
    return items / (items - 1) * (1 - float(np.trace(covariance)) / total)


def feldt_interval(alpha: float, n: int, items: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Feldt's interval: ``1 - (1 - alpha) F`` at both tails of F(n - 1, (n - 1)(k - 1)); None below two people."""
    if n < 2:
        return None
    tail, freedom = 1 - upper_tail(confidence), (n - 1, (n - 1) * (items - 1))
    return (
        1 - (1 - alpha) * float(fdtri(*freedom, 1 - tail)),
        1 - (1 - alpha) * float(fdtri(*freedom, tail)),
    )


def bonett_interval(alpha: float, n: int, items: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Bonett 2002, *Journal of Educational and Behavioral Statistics* 27, 335-340: normal on ``log(1 - alpha)``."""
    if n < 3:
        return None
    reach = normal_reach(confidence) * sqrt(2 * items / ((items - 1) * (n - 2)))
    return 1 - (1 - alpha) * exp(reach), 1 - (1 - alpha) * exp(-reach)


def duhachek_error(covariance: Floats, n: int) -> float:
    """Asymptotic standard error of alpha: Duhachek & Iacobucci 2004, *Journal of Applied Psychology* 89, 792-808."""
    items, total, trace = len(covariance), float(covariance.sum()), float(np.trace(covariance))
    squared = covariance @ covariance
    spread = total * (float(np.trace(squared)) + trace**2) - 2 * trace * float(squared.sum())
    return sqrt(max(0.0, 2 * items**2 / ((items - 1) ** 2 * total**3) * spread) / n)


def stratified_alpha(covariances: dict[str, Floats], total_variance: float) -> float:
    """Reliability of a sum over scales: ``1 - sum(v_s (1 - alpha_s)) / v`` for the scales' variances v_s.

    Source: Cronbach, Schonemann & McKie 1965, *Educational and Psychological Measurement* 25, 291-312.

    Parameters
    ----------
    covariances
        The covariances of each scale's items, by scale.
    total_variance
        v, the variance of the sum of all items.
    """
    error = sum(float(part.sum()) * (1 - (raw_alpha(part) or 0.0)) for part in covariances.values())
    return 1 - error / total_variance


def _lambda2(covariance: Floats) -> float:
    items, total = len(covariance), float(covariance.sum())
    off = covariance - np.diag(np.diag(covariance))
    return (float(off.sum()) + sqrt(items / (items - 1) * float((off**2).sum()))) / total


def squared_multiple_correlations(correlations: Floats) -> Floats | None:
    """What the others explain of each item, shape (k,); None where an item is told exactly by the others."""
    try:
        inverse = np.linalg.inv(correlations)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(1 - 1 / np.diag(inverse))


def _lambda6(correlations: Floats) -> float | None:
    explained = squared_multiple_correlations(correlations)
    return None if explained is None else 1 - float((1 - explained).sum()) / float(correlations.sum())


def _alpha_warnings(alpha: float | None, n: int, items: int) -> tuple[str, ...]:
    if items < 2:
        return ("one item has no alpha",)
    if alpha is None:
        return (_NO_SPREAD,) if n > 1 else ("fewer than two people answered every item",)
    negative = ("alpha is below zero: check the reverse keys",) if alpha < 0 else ()
    few = ("fewer than 50 people: alpha is not to be relied on",) if n < 50 else ()
    return negative + few
