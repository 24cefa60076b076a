"""The likelihood of graded responses over a distribution of theta, with its slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from scoring.errors import TooFewAnswers
from scoring.matrices import Floats

SMALLEST = 1e-300


class Coded:
    """Answers as category numbers, one row a pattern of answers with how many people gave it."""

    def __init__(self, values: Floats, names: tuple[str, ...]) -> None:
        categories, codes = [], np.full(values.shape, -1, dtype=np.intp)
        for place, name in enumerate(names):
            known = ~np.isnan(values[:, place])
            found, own = np.unique(values[known, place], return_inverse=True)
            if len(found) < 2:
                raise TooFewAnswers(f"All chose the same answer to {name}; a model needs two categories in use.")
            categories.append(tuple(map(float, found)))
            codes[known, place] = own.reshape(-1)
        if len(names) < 2:
            raise TooFewAnswers("The graded response model needs two items or more.")
        answered = codes[(codes >= 0).any(axis=1)]
        self.people = len(answered)
        self.patterns, self.counts = np.unique(answered, axis=0, return_counts=True)
        self.categories = tuple(categories)
        self.steps = np.array([len(own) - 1 for own in categories])

    def start(self) -> Floats:
        """Discriminations of 1, and intercepts from the shares that chose a category or a higher one."""
        parts = [np.ones(len(self.steps))]
        for place, steps in enumerate(self.steps):
            own = self.patterns[:, place]
            shares = np.bincount(own[own >= 0], self.counts[own >= 0], steps + 1)
            parts.append(1.2 * logit(np.cumsum(shares[::-1])[::-1][1:] / shares.sum()))
        return np.concatenate(parts)

    def split(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Discriminations of shape (k,) and intercepts of shape (k, c - 1), NaN beyond an item's own."""
        items = len(self.steps)
        intercepts = np.full((items, int(self.steps.max())), np.nan)
        for place, part in enumerate(np.split(parameters[items:], np.cumsum(self.steps)[:-1])):
            intercepts[place, : len(part)] = part
        return parameters[:items].copy(), intercepts


def normal_grid(nodes: int) -> tuple[Floats, Floats]:
    """Equally spaced thetas from -6 to 6 with the standard normal's weights."""
    theta = np.linspace(-6, 6, nodes)
    weights = np.exp(-(theta**2) / 2)
    return theta, weights / weights.sum()


@dataclass(frozen=True)
class Height:
    """A log-likelihood, its slopes by discriminations (k,) and by intercepts, and how many people each node holds."""

    log_likelihood: float
    by_discrimination: Floats
    by_intercepts: list[Floats]
    people: Floats


def height(coded: Coded, discriminations: Floats, intercepts: Floats, theta: Floats, weights: Floats) -> Height:
    """The log-likelihood of everybody's answers, theta having `weights` on its nodes.

    Steep where an item's intercepts do not fall. The slopes are Fisher's identity.
    """
    above = [
        cumulative(discriminations[place], intercepts[place, :steps], theta) for place, steps in enumerate(coded.steps)
    ]
    logs = np.log(weights)[None, :] + np.zeros((len(coded.patterns), 1))
    for place, boundaries in enumerate(above):
        logs = logs + gathered(np.log(np.maximum(-np.diff(boundaries, axis=0), SMALLEST)), coded.patterns[:, place])
    highest = logs.max(axis=1, keepdims=True)
    posterior = np.exp(logs - highest)
    likelihood = posterior.sum(axis=1, keepdims=True)
    posterior *= coded.counts[:, None] / likelihood
    slopes = [
        _item_slopes(boundaries, coded.patterns[:, place], posterior, theta) for place, boundaries in enumerate(above)
    ]
    return Height(
        log_likelihood=float(coded.counts @ (np.log(likelihood[:, 0]) + highest[:, 0])),
        by_discrimination=np.array([own[0] for own in slopes]),
        by_intercepts=[own[1] for own in slopes],
        people=posterior.sum(axis=0),
    )


def cumulative(discrimination: float, intercepts: Floats, theta: Floats) -> Floats:
    """P(Y >= c) for all boundaries, with 1 below and 0 above, shape (categories + 1, nodes)."""
    inner = expit(discrimination * theta[None, :] + intercepts[:, None])
    return np.vstack([np.ones_like(theta), inner, np.zeros_like(theta)])


def _item_slopes(above: Floats, codes: NDArray[np.intp], posterior: Floats, theta: Floats) -> tuple[float, Floats]:
    """Derivatives of the log-likelihood by an item's discrimination and intercepts (Fisher's identity)."""
    categories = len(above) - 1
    expected = np.zeros((categories, len(theta)))
    for category in range(categories):
        expected[category] = posterior[codes == category].sum(axis=0)
    ratio = expected / np.maximum(-np.diff(above, axis=0), SMALLEST)
    by_boundary = (ratio[1:] - ratio[:-1]) * above[1:-1] * (1 - above[1:-1])
    return float((by_boundary @ theta).sum()), np.asarray(by_boundary.sum(axis=1))


def gathered(table: Floats, codes: NDArray[np.intp]) -> Floats:
    """Each person's row of a table of categories by nodes; nothing where the item was not answered."""
    with_nothing = np.vstack([table, np.zeros(table.shape[1])])
    return np.asarray(with_nothing[codes])
