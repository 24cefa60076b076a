"""Probabilities of two correlated normal variables, to twelve digits and more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from scoring.matrices import Floats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_FAR = 40.0
"""What stands for infinity: a normal variable beyond it has no probability left in a float."""


def cumulative(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Floats:
    """P(X <= h, Y <= k) for standard normal X and Y.

    Drezner & Wesolowsky 1990, *Journal of Statistical Computation and Simulation* 35, 101-107: the product of the two
    probabilities plus the integral of the density over the correlation, taken over its arcsine by Gauss-Legendre.
    Infinite limits are allowed.

    Examples
    --------
    >>> round(float(cumulative(0, 0, 0.5)), 12)
    0.333333333333
    """
    first, second = (np.clip(np.asarray(limit, dtype=np.float64), -_FAR, _FAR) for limit in (h, k))
    angle = np.arcsin(np.asarray(correlation, dtype=np.float64))
    sine = np.sin(angle[..., None] * (1 + _NODES) / 2)
    squares, product = first[..., None] ** 2 + second[..., None] ** 2, first[..., None] * second[..., None]
    remaining = np.maximum(1 - sine**2, 1e-300)
    heights = np.exp(-np.maximum(squares - 2 * product * sine, 0.0) / (2 * remaining))
    return np.asarray(ndtr(first) * ndtr(second) + angle / (4 * np.pi) * (heights @ _WEIGHTS))


def density(h: ArrayLike, k: ArrayLike, correlation: float) -> Floats:
    """Density of two standard normal variables at (h, k); 0 at infinite limits."""
    first, second = (np.clip(np.asarray(limit, dtype=np.float64), -_FAR, _FAR) for limit in (h, k))
    left = 1 - correlation**2
    return np.asarray(
        np.exp(-(first**2 - 2 * correlation * first * second + second**2) / (2 * left)) / (2 * np.pi * np.sqrt(left))
    )


def standard_density(h: ArrayLike) -> Floats:
    """Density of one standard normal variable; 0 at infinite limits."""
    point = np.clip(np.asarray(h, dtype=np.float64), -_FAR, _FAR)
    return np.asarray(np.exp(-(point**2) / 2) / np.sqrt(2 * np.pi))
