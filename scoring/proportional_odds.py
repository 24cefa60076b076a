"""Ordinal logistic regression by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scoring.errors import DidNotConverge
from scoring.matrices import Floats
from scoring.structures import Places

_STEPS = 100
_SMALLEST_STEP = 1e-12


@dataclass(frozen=True)
class ProportionalOdds:
    """Coefficients of the predictors, thresholds between categories, and the log-likelihood."""

    coefficients: Floats
    thresholds: Floats
    log_likelihood: float


def proportional_odds(categories: Floats, predictors: Floats) -> ProportionalOdds:
    """Fit ``logit P(Y <= c) = t_c - x b`` by maximum likelihood.

    McCullagh 1980, *Journal of the Royal Statistical Society B* 42, 109-142 (R: ``MASS::polr``).

    Parameters
    ----------
    categories
        Shape (n,), of two values or more; only their order counts.
    predictors
        Shape (n, q); q may be 0.

    Raises
    ------
    DidNotConverge
        Some category is predicted perfectly, or no maximum was found.
    """
    found, codes = np.unique(categories, return_inverse=True)
    middle, spread = predictors.mean(axis=0), predictors.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = (predictors - middle) / spread
    shares = np.cumsum(np.bincount(codes.reshape(-1)) / len(codes))[:-1]
    parameters = np.concatenate([np.log(shares / (1 - shares)), np.zeros(design.shape[1])])
    upper, lower = _cuts(codes.reshape(-1).astype(np.intp), len(found) - 1, design)
    height, gradient, curvature = _likelihood(parameters, upper, lower)
    for _ in range(_STEPS):
        step = np.asarray(np.linalg.lstsq(-curvature, gradient, rcond=None)[0], dtype=np.float64)
        if float(gradient @ step) < 1e-12:
            thresholds = parameters[: len(found) - 1]
            coefficients = parameters[len(found) - 1 :] / spread
            return ProportionalOdds(coefficients, thresholds + float(middle @ coefficients), height)
        parameters, height, gradient, curvature = _climb(parameters, step, upper, lower, height)
    raise DidNotConverge("The ordinal regression", _STEPS)


Cuts = tuple[Floats, Floats]
"""How a limit of each person's category depends on the parameters, and what stands in where there is no limit."""


def _cuts(codes: Places, thresholds: int, design: Floats) -> tuple[Cuts, Cuts]:
    n = len(codes)
    upper, lower = (np.zeros((n, thresholds + design.shape[1])) for _ in range(2))
    has_upper, has_lower = np.flatnonzero(codes < thresholds), np.flatnonzero(codes > 0)
    upper[has_upper, codes[has_upper]] = 1.0
    lower[has_lower, codes[has_lower] - 1] = 1.0
    upper[has_upper, thresholds:] = -design[has_upper]
    lower[has_lower, thresholds:] = -design[has_lower]
    return (
        (upper, np.where(codes < thresholds, 0.0, np.inf)),
        (lower, np.where(codes > 0, 0.0, -np.inf)),
    )


def _likelihood(parameters: Floats, upper: Cuts, lower: Cuts) -> tuple[float, Floats, Floats]:
    """Log-likelihood with its gradient and second derivatives."""
    above, below = (expit(slopes @ parameters + beyond) for slopes, beyond in (upper, lower))
    probability = above - below
    if not (probability > 0).all():
        return -np.inf, np.zeros(len(parameters)), np.zeros((len(parameters), len(parameters)))
    first = [height * (1 - height) / probability for height in (above, below)]
    second = [rate * (1 - 2 * height) for rate, height in zip(first, (above, below), strict=True)]
    scores = first[0][:, None] * upper[0] - first[1][:, None] * lower[0]
    curvature = (
        upper[0].T @ (second[0][:, None] * upper[0]) - lower[0].T @ (second[1][:, None] * lower[0]) - scores.T @ scores
    )
    return float(np.log(probability).sum()), scores.sum(axis=0), curvature


def _climb(
    parameters: Floats, step: Floats, upper: Cuts, lower: Cuts, height: float
) -> tuple[Floats, float, Floats, Floats]:
    """The first of the halved steps that does not fall, or the smallest."""
    reached = _likelihood(parameters + step, upper, lower)
    while not reached[0] >= height - 1e-12 * abs(height) and np.abs(step).max() > _SMALLEST_STEP:
        step = step / 2
        reached = _likelihood(parameters + step, upper, lower)
    return parameters + step, *reached
