"""Correlations of the normal variables that may lie behind ordered answers, with their sampling errors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from scoring.bivariate_normal import cumulative, density, standard_density
from scoring.errors import TooFewAnswers
from scoring.matrices import Floats, as_categories, names_of

_OUTWARDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""Where a correlation is looked for, from none to as good as perfect."""


@dataclass(frozen=True)
class Polychoric:
    """Thresholds by item and correlations of shape (k, k); `categories` are the values that each item's answers take.

    `asymptotic` has shape (T + P, T + P): the covariances, times n, of all T thresholds and then of the
    P = k (k - 1) / 2 correlations in the order of `pairs`, with the error of the thresholds in them.
    """

    items: tuple[str, ...]
    categories: tuple[tuple[float, ...], ...]
    thresholds: tuple[Floats, ...]
    correlations: Floats
    pairs: tuple[tuple[int, int], ...]
    asymptotic: Floats
    n_used: int
    method: str
    warnings: tuple[str, ...]

    @property
    def correlations_asymptotic(self) -> Floats:
        """The part of `asymptotic` that is about the correlations, shape (P, P)."""
        return self.asymptotic[-len(self.pairs) :, -len(self.pairs) :]


def polychoric(answers: ArrayLike | pd.DataFrame) -> Polychoric:
    """Polychoric correlations in two steps: thresholds from each item's shares, then each correlation by likelihood.

    Olsson 1979, *Psychometrika* 44, 443-460 (R: ``lavaan::lavCor(ordered = )``, ``psych::polychoric(correct = 0)``);
    sampling covariances: Muthen 1984, *Psychometrika* 49, 115-132. Complete rows.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories; NaN where missing. Categories that nobody chose do not count.

    Raises
    ------
    NotACategory
        A fraction among the answers.
    TooFewAnswers
        An item without two categories in use, or no more people than items.
    """
    values = as_categories(answers)
    names = names_of(answers, values.shape[1])
    values = values[~np.isnan(values).any(axis=1)]
    if len(values) <= values.shape[1]:
        raise TooFewAnswers(f"{len(values)} complete rows are too few for {values.shape[1]} items.")
    coded = [_Coded(values[:, place], name) for place, name in enumerate(names)]
    pairs = [(first, second) for second in range(len(coded)) for first in range(second + 1, len(coded))]
    fitted = [_Pair(coded[first], coded[second]) for first, second in pairs]
    correlations = np.eye(len(coded))
    for (first, second), pair in zip(pairs, fitted, strict=True):
        correlations[first, second] = correlations[second, first] = pair.correlation
    empty = sum(pair.empty_cells for pair in fitted)
    return Polychoric(
        items=names,
        categories=tuple(item.categories for item in coded),
        thresholds=tuple(item.thresholds for item in coded),
        correlations=correlations,
        pairs=tuple(pairs),
        asymptotic=_asymptotic(coded, pairs, fitted),
        n_used=len(values),
        method="two-step polychoric correlations",
        warnings=(f"{empty} cells of the pairs' tables are empty",) if empty else (),
    )


class _Coded:
    """One item: categories as 0, 1, ..., thresholds, and each person's score for each threshold."""

    def __init__(self, answers: Floats, name: str) -> None:
        found, codes = np.unique(answers, return_inverse=True)
        if len(found) < 2:
            raise TooFewAnswers(f"All chose the same answer to {name}; a correlation needs two categories in use.")
        self.categories = tuple(map(float, found))
        self.codes: NDArray[np.intp] = codes.reshape(-1).astype(np.intp)
        self.shares = np.bincount(self.codes) / len(answers)
        self.thresholds: Floats = ndtri(np.cumsum(self.shares)[:-1])
        self.limits = np.concatenate([[-np.inf], self.thresholds, [np.inf]])

    def scores(self) -> Floats:
        """Derivatives of each person's log-likelihood by the thresholds, shape (n, categories - 1)."""
        heights = standard_density(self.thresholds)
        by_category = np.zeros((len(self.shares), len(heights)))
        places = np.arange(len(heights))
        by_category[places, places] = heights / self.shares[:-1]
        by_category[places + 1, places] = -heights / self.shares[1:]
        return np.asarray(by_category[self.codes])


class _Pair:
    """Two items: their correlation of highest likelihood, and scores by it and by the thresholds."""

    def __init__(self, first: _Coded, second: _Coded) -> None:
        self.first, self.second = first, second
        shape = (len(first.shares), len(second.shares))
        self.counts = np.bincount(first.codes * shape[1] + second.codes, minlength=shape[0] * shape[1]).reshape(shape)
        self.empty_cells = int((self.counts == 0).sum())
        self.correlation = self._best()

    def _best(self) -> float:
        """The root of the slope, looked for outwards from 0 on the side to which the slope points."""
        side = 1.0 if self._slope(0.0) >= 0 else -1.0
        for near, far in pairwise(_OUTWARDS):
            if side * self._slope(side * far) < 0:
                return float(brentq(self._slope, side * near, side * far, xtol=1e-13))
        return side * _OUTWARDS[-1]

    def _slope(self, correlation: float) -> float:
        return float((self.counts * self._by_correlation(correlation) / self._probabilities(correlation)).sum())

    def _probabilities(self, correlation: float) -> Floats:
        below = cumulative(self.first.limits[:, None], self.second.limits[None, :], correlation)
        return np.maximum(np.diff(np.diff(below, axis=0), axis=1), 1e-15)

    def _by_correlation(self, correlation: float) -> Floats:
        heights = density(self.first.limits[:, None], self.second.limits[None, :], correlation)
        return np.asarray(np.diff(np.diff(heights, axis=0), axis=1))

    def scores(self) -> Floats:
        """Derivative of each person's log-likelihood by the correlation, shape (n,)."""
        by_cell = self._by_correlation(self.correlation) / self._probabilities(self.correlation)
        return np.asarray(by_cell[self.first.codes, self.second.codes])

    def threshold_scores(self) -> tuple[Floats, Floats]:
        """Derivatives of each person's log-likelihood of the pair by either item's thresholds."""
        probabilities = self._probabilities(self.correlation)
        rows = self._by_threshold(self.first, self.second) / probabilities[None]
        columns = self._by_threshold(self.second, self.first).transpose(0, 2, 1) / probabilities[None]
        return tuple(part[:, self.first.codes, self.second.codes].T for part in (rows, columns))  # type: ignore[return-value]  # two parts

    def _by_threshold(self, own: _Coded, other: _Coded) -> Floats:
        """Derivatives of the cells' probabilities by each threshold of `own`, shape (thresholds, own, other)."""
        spread = np.sqrt(1 - self.correlation**2)
        inside = np.diff(ndtr((other.limits[None, :] - self.correlation * own.thresholds[:, None]) / spread), axis=1)
        heights = standard_density(own.thresholds)[:, None] * inside
        found = np.zeros((len(own.thresholds), len(own.shares), len(other.shares)))
        places = np.arange(len(own.thresholds))
        found[places, places] = heights
        found[places, places + 1] = -heights
        return found


def _asymptotic(coded: list[_Coded], pairs: list[tuple[int, int]], fitted: list[_Pair]) -> Floats:
    """n times the covariances of thresholds and correlations, by the sandwich of both steps' estimating equations."""
    scores = [item.scores() for item in coded]
    inverse = [np.linalg.inv(own.T @ own) for own in scores]
    influences = [own @ spread for own, spread in zip(scores, inverse, strict=True)]
    for (first, second), pair in zip(pairs, fitted, strict=True):
        own = plain = pair.scores()
        for item, by_threshold in zip((first, second), pair.threshold_scores(), strict=True):
            own = own - scores[item] @ (inverse[item] @ (by_threshold.T @ plain))
        influences.append((own / float(plain @ plain))[:, None])
    everybody = np.hstack(influences)
    return np.asarray(everybody.T @ everybody * len(everybody))
