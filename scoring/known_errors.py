"""Published means with known standard errors, steadied by what the others say: the Fay-Herriot model.

Plain floats, so that a page can do it without loading an array library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

from scoring.errors import ImpossibleSample, TooFewAnswers

_HALVINGS = 200
_GRID: tuple[float, ...] = (0.0, *(10.0 ** (power / 8) for power in range(-64, 17)))
"""Where the best variance is looked for first, in units of the figures' own spread."""


@dataclass(frozen=True)
class SteadiedFigures:
    """Figures drawn towards their common mean by how unsure each is, in the order given."""

    mu: float
    tau2: float
    shrinkage: tuple[float, ...]
    estimate: tuple[float, ...]
    se: tuple[float, ...]
    n_used: int
    method: str
    warnings: tuple[str, ...]


def steady(means: Sequence[float], standard_errors: Sequence[float]) -> SteadiedFigures:
    """Empirical Bayes estimates from means and their standard errors alone.

    ``mean_j = mu + u_j + e_j`` with var(e_j) known and var(u_j) = tau2 by REML: Fay & Herriot 1979, *JASA* 74, 269-277
    (R: ``metafor::rma(method = "REML")`` and ``blup``). For lists that invite ranking; never in place of a trend.

    Parameters
    ----------
    means, standard_errors
        J of each, in one unit.

    Raises
    ------
    TooFewAnswers
        Fewer than two means.
    ImpossibleSample
        A standard error that is not above zero, or not one a mean.

    Examples
    --------
    >>> found = steady([40, 50, 60, 80], [8, 8, 8, 8])
    >>> [round(value) for value in found.estimate]
    [45, 52, 59, 74]
    """
    figures, errors = [float(mean) for mean in means], [float(error) for error in standard_errors]
    if len(figures) < 2:
        raise TooFewAnswers("Figures are steadied by one another from two on.")
    if len(errors) != len(figures) or not all(error > 0 for error in errors):
        raise ImpossibleSample("Every figure needs a standard error above zero.")
    known = [error * error for error in errors]
    tau2 = _best_variance(figures, known)
    weights = [1 / (variance + tau2) for variance in known]
    mu = _weighted(weights, figures)
    shrinkage = [tau2 * weight for weight in weights]
    return SteadiedFigures(
        mu=mu,
        tau2=tau2,
        shrinkage=tuple(shrinkage),
        estimate=tuple(mu + own * (figure - mu) for own, figure in zip(shrinkage, figures, strict=True)),
        se=tuple(
            sqrt(own * variance + (1 - own) ** 2 / sum(weights)) for own, variance in zip(shrinkage, known, strict=True)
        ),
        n_used=len(figures),
        method="Fay-Herriot, REML",
        warnings=("the figures differ no more than chance would make them",) if tau2 == 0 else (),
    )


def _best_variance(figures: Sequence[float], known: Sequence[float]) -> float:
    """The variance of least deviance: the best of a wide grid, then the root of the slope beside it."""
    middle = sum(figures) / len(figures)
    spread = sum((figure - middle) ** 2 for figure in figures) / (len(figures) - 1)
    grid = [part * spread for part in _GRID]
    best = min(range(len(grid)), key=lambda place: _deviance(grid[place], figures, known))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    if _slope(low, figures, known) >= 0 or _slope(high, figures, known) <= 0:
        return grid[best]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _slope(middle, figures, known) > 0 else (middle, high)
    return (low + high) / 2


def _deviance(tau2: float, figures: Sequence[float], known: Sequence[float]) -> float:
    weights = [1 / (variance + tau2) for variance in known]
    return log(sum(weights)) - sum(map(log, weights)) + _scatter(weights, weights, figures)


def _slope(tau2: float, figures: Sequence[float], known: Sequence[float]) -> float:
    """Derivative of the deviance."""
    weights = [1 / (variance + tau2) for variance in known]
    squared = [weight * weight for weight in weights]
    return sum(weights) - sum(squared) / sum(weights) - _scatter(squared, weights, figures)


def _scatter(multiples: Sequence[float], weights: Sequence[float], figures: Sequence[float]) -> float:
    mu = _weighted(weights, figures)
    return sum(multiple * (figure - mu) * (figure - mu) for multiple, figure in zip(multiples, figures, strict=True))


def _weighted(weights: Sequence[float], figures: Sequence[float]) -> float:
    return sum(weight * figure for weight, figure in zip(weights, figures, strict=True)) / sum(weights)
