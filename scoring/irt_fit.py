"""Whether a graded response model fits: the C2 statistic of shares and of products of pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from scoring.errors import TooFewAnswers
from scoring.fit_indices import cfi, rmsea, rmsea_limits, tli
from scoring.graded_likelihood import cumulative, normal_grid
from scoring.irt import GradedModel, codes_of
from scoring.matrices import Floats

_NODES = 121


@dataclass(frozen=True)
class LimitedInformation:
    """C2 with its df and indices. The RMSEA's limits enclose 90 %; the SRMSR is that of the correlations."""

    c2: float
    df: int
    p: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    srmsr: float
    cfi: float
    tli: float
    n_used: int
    method: str
    missing: str


def limited_information_fit(model: GradedModel, answers: ArrayLike | pd.DataFrame) -> LimitedInformation:
    """How far a model is from the shares of each category and the mean products of each pair of items.

    Cai & Monroe 2014, CRESST Report 839; Maydeu-Olivares & Joe 2006, *Psychometrika* 71, 713-732 (R: ``mirt::M2(type =
    "C2")``). Complete rows, held against the model as it is.

    Parameters
    ----------
    answers
        Shape (n, k), the model's items in its order.

    Raises
    ------
    TooFewAnswers
        Fewer than four items leave nothing to test; fewer than two complete rows; or a category that none of them
        chose.
    ShapesDiffer, OutOfRange
        As `scoring.irt.expected_a_posteriori`.
    """
    codes = codes_of(model, answers)
    codes = codes[(codes >= 0).all(axis=1)]
    if len(model.items) < 4 or len(codes) < 2:
        raise TooFewAnswers("The fit of a graded response model is tested on four items and two complete rows or more.")
    _check_categories(model, codes)
    n, pairs = len(codes), list(combinations(range(len(model.items)), 2))
    fitted = _Expected(model.discriminations, _intercepts(model), pairs)
    alone = _Expected(np.zeros(len(model.items)), _shares(codes, fitted.steps), pairs)
    observed = _observed(codes, fitted.steps, pairs)
    c2 = n * _distance(observed - fitted.moments, fitted.covariance, fitted.slopes)
    baseline = n * _distance(observed - alone.moments, alone.covariance, alone.slopes[:, len(model.items) :])
    df, baseline_df = len(observed) - fitted.slopes.shape[1], len(pairs)
    lower, upper = rmsea_limits(c2, df, n - 1)
    return LimitedInformation(
        c2=c2,
        df=df,
        p=float(chdtrc(df, c2)),
        rmsea=rmsea(c2, df, n - 1),
        rmsea_lower=lower,
        rmsea_upper=upper,
        srmsr=_residual_correlation(codes, fitted),
        cfi=cfi(c2, df, baseline, baseline_df),
        tli=tli(c2, df, baseline, baseline_df),
        n_used=n,
        method="C2 of category shares and products of pairs",
        missing="complete rows",
    )


def _check_categories(model: GradedModel, codes: NDArray[np.intp]) -> None:
    for place, (name, categories) in enumerate(zip(model.items, model.categories, strict=True)):
        for code, category in enumerate(categories):
            if not (codes[:, place] == code).any():
                raise TooFewAnswers(f"Nobody who answered everything chose {category:g} for {name}.")


def _intercepts(model: GradedModel) -> list[Floats]:
    return [
        -slope * thresholds[: len(categories) - 1]
        for slope, thresholds, categories in zip(model.discriminations, model.thresholds, model.categories, strict=True)
    ]


def _shares(codes: NDArray[np.intp], steps: Sequence[int]) -> list[Floats]:
    """Intercepts of items that nothing relates: log odds of choosing a category or a higher one."""
    found = []
    for place, own in enumerate(steps):
        at_least = np.array([(codes[:, place] >= step).mean() for step in range(1, own + 1)])
        found.append(np.log(at_least / (1 - at_least)))
    return found


def _observed(codes: NDArray[np.intp], steps: Sequence[int], pairs: Sequence[tuple[int, int]]) -> Floats:
    shares = [(codes[:, place] >= step).mean() for place, own in enumerate(steps) for step in range(1, own + 1)]
    products = [(codes[:, first] * codes[:, second]).mean() for first, second in pairs]
    return np.array([*shares, *products])


class _Expected:
    """What a model expects: the moments, their covariances for one person, and their derivatives by the parameters.

    Moments are P(Y >= c) of each item and step, then E(Y Y') of each pair, with Y counted from 0.
    """

    def __init__(self, discriminations: Floats, intercepts: Sequence[Floats], pairs: Sequence[tuple[int, int]]) -> None:
        self.theta, self.weights = normal_grid(_NODES)
        self.pairs = pairs
        self.above = [
            cumulative(slope, own, self.theta)[1:-1] for slope, own in zip(discriminations, intercepts, strict=True)
        ]
        self.steps = [len(own) for own in self.above]
        self.item_of = np.repeat(np.arange(len(self.steps)), self.steps)
        self.step_of = np.concatenate([np.arange(1, steps + 1) for steps in self.steps])
        self.shares = np.vstack(self.above)
        self.means = np.array([own.sum(axis=0) for own in self.above])
        odd = [2 * np.arange(1, steps + 1) - 1 for steps in self.steps]
        self.squares = np.array([weight @ own for weight, own in zip(odd, self.above, strict=True)])
        self.moments = np.concatenate([self.shares @ self.weights, [self.mean_of(pair) for pair in pairs]])
        self.covariance = self._second() - np.outer(self.moments, self.moments)
        self.slopes = self._slopes()

    def mean_of(self, items: Sequence[int], beside: Floats | None = None) -> float:
        """Expected product of answers, an item named twice being squared, and of what stands beside them."""
        product = self.weights if beside is None else self.weights * beside
        for item, times in Counter(items).items():
            product = product * (self.means if times == 1 else self.squares)[item]
        return float(product.sum())

    def _second(self) -> Floats:
        """Expected products of any two moments' variables."""
        shares, size = len(self.shares), len(self.moments)
        found = np.empty((size, size))
        same = self.item_of[:, None] == self.item_of[None, :]
        together = (self.shares * self.weights) @ self.shares.T
        higher = np.maximum.outer(self.step_of, self.step_of)
        first_of = np.cumsum([0, *self.steps[:-1]])[self.item_of]
        nested = self.moments[np.minimum(first_of[:, None] + higher - 1, shares - 1)]
        found[:shares, :shares] = np.where(same, nested, together)
        for column, pair in enumerate(self.pairs, start=shares):
            for row in range(shares):
                found[row, column] = found[column, row] = self._share_with(row, pair)
            for row, other in enumerate(self.pairs[: column - shares + 1], start=shares):
                found[row, column] = found[column, row] = self.mean_of((*pair, *other))
        return found

    def _share_with(self, row: int, pair: tuple[int, int]) -> float:
        """Expected product of one step's indicator and a pair's product."""
        item, step = self.item_of[row], self.step_of[row]
        if item not in pair:
            return self.mean_of(pair, self.shares[row])
        own = self.above[item]
        return self.mean_of([other for other in pair if other != item], step * own[step - 1] + own[step:].sum(axis=0))

    def _slopes(self) -> Floats:
        """Derivatives by all discriminations, then by all intercepts, shape (moments, parameters)."""
        items, shares = len(self.steps), len(self.shares)
        found = np.zeros((len(self.moments), items + shares))
        steep = self.shares * (1 - self.shares) * self.weights
        tilted = steep * self.theta
        rows = np.arange(shares)
        found[rows, self.item_of] = tilted.sum(axis=1)
        found[rows, items + rows] = steep.sum(axis=1)
        for row, pair in enumerate(self.pairs, start=shares):
            for own, other in (pair, pair[::-1]):
                mine = np.flatnonzero(self.item_of == own)
                found[row, own] = float((tilted[mine] @ self.means[other]).sum())
                found[row, items + mine] = steep[mine] @ self.means[other]
        return found


def _distance(residuals: Floats, covariance: Floats, slopes: Floats) -> float:
    """``e' (X - X D (D' X D)^-1 D' X) e`` with X the inverse of the covariance."""
    turned = np.linalg.solve(covariance, np.column_stack([residuals, slopes]))
    pull = slopes.T @ turned[:, 0]
    return float(residuals @ turned[:, 0] - pull @ np.linalg.solve(slopes.T @ turned[:, 1:], pull))


def _residual_correlation(codes: NDArray[np.intp], fitted: _Expected) -> float:
    means = fitted.means @ fitted.weights
    spreads = np.sqrt(fitted.squares @ fitted.weights - means**2)
    observed = np.asarray(np.corrcoef(codes, rowvar=False))
    left = [
        observed[first, second]
        - (fitted.mean_of((first, second)) - means[first] * means[second]) / (spreads[first] * spreads[second])
        for first, second in fitted.pairs
    ]
    return sqrt(float(np.mean(np.square(left))))
