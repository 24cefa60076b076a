"""Whether items of a graded response model work differently in groups: likelihood-ratio tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import chdtrc

from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.graded_likelihood import Coded, Height, height
from scoring.irt import NODES
from scoring.matrices import Floats, as_categories, group_codes, names_of

_STEPS = 2000
_SMALLEST_SPREAD = 0.05
_LARGEST_LOG_SPREAD = 20.0


@dataclass(frozen=True)
class ItemTest:
    """Twice what the log-likelihood gains when one item's parameters may differ between groups."""

    item: str
    chi2: float
    df: int
    p: float


@dataclass(frozen=True)
class LikelihoodRatios:
    """All items' tests against the model in which every item is the same everywhere.

    `latent_means` and `latent_variances` are those of that model by group, 0 and 1 in the first.
    """

    items: tuple[ItemTest, ...]
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]
    latent_means: tuple[float, ...]
    latent_variances: tuple[float, ...]
    log_likelihood: float
    n_used: int
    method: str
    missing: str


def likelihood_ratios(answers: ArrayLike | pd.DataFrame, groups: ArrayLike, *, nodes: int = NODES) -> LikelihoodRatios:
    """Test each item of a graded response model for differential functioning, all others being the same in the groups.

    Thissen, Steinberg & Wainer 1993 (R: ``mirt::DIF(scheme = "drop")``). The groups' means and variances of theta are
    estimated, the first group's being 0 and 1. Every answer counts.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories; NaN where missing.
    groups
        Shape (n,), one label a person; rows without one are left out.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups or two items, or a group in which an item lacks a category that others used.
    NotACategory
        A fraction among the answers.
    DidNotConverge
        No maximum was found.
    """
    values = as_categories(answers)
    names = names_of(answers, values.shape[1])
    codes, labels = group_codes(groups, len(values))
    samples = _samples(values, names, codes, len(labels))
    equal = _fit(samples, None, _start(samples), nodes)
    df = (len(samples) - 1) * (samples[0].steps + 1)
    tests = []
    for place, name in enumerate(names):
        apart = _fit(samples, place, equal, nodes)
        chi2 = max(0.0, 2 * (apart.log_likelihood - equal.log_likelihood))
        tests.append(ItemTest(name, chi2, int(df[place]), float(chdtrc(df[place], chi2))))
    return LikelihoodRatios(
        items=tuple(tests),
        labels=labels,
        sizes=tuple(sample.people for sample in samples),
        latent_means=(0.0, *map(float, equal.means)),
        latent_variances=(1.0, *map(float, _spreads(equal.log_spreads) ** 2)),
        log_likelihood=equal.log_likelihood,
        n_used=sum(sample.people for sample in samples),
        method="graded response model of all groups, likelihood ratios, all other items as anchors",
        missing="every answer counts",
    )


def _samples(values: Floats, names: Sequence[str], codes: NDArray[np.intp], groups: int) -> list[Coded]:
    if groups < 2:
        raise TooFewAnswers("Items are compared between two groups or more.")
    samples = [Coded(values[codes == code], tuple(names)) for code in range(groups)]
    for place, name in enumerate(names):
        if len({sample.categories[place] for sample in samples}) > 1:
            raise TooFewAnswers(f"Not every group used all answers to {name}; put categories together first.")
    return samples


@dataclass(frozen=True)
class _Fit:
    """Item parameters that groups share, those of one item that each later group has alone, and theta by group."""

    shared: Floats
    apart: Floats
    means: Floats
    log_spreads: Floats
    log_likelihood: float


def _start(samples: Sequence[Coded]) -> _Fit:
    largest = max(samples, key=lambda sample: sample.people)
    later = np.zeros(len(samples) - 1)
    return _Fit(largest.start(), np.zeros((len(later), 0)), later, later, float("nan"))


def _fit(samples: Sequence[Coded], apart: int | None, near: _Fit, nodes: int) -> _Fit:
    """Climb from nearby estimates; with `apart` that item has parameters of its own in each later group."""
    theta = np.linspace(-6, 6, nodes)
    own = np.zeros(0, dtype=np.intp) if apart is None else _places_of(samples[0], apart)
    later, size, scale = len(samples) - 1, len(near.shared), sum(sample.people for sample in samples)
    start = np.concatenate([near.shared, np.tile(near.shared[own], later), near.means, near.log_spreads])

    def unpack(parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        shared, rest = parameters[:size], parameters[size:]
        alone = rest[: later * len(own)].reshape(later, len(own))
        return shared, alone, rest[len(rest) - 2 * later : len(rest) - later], rest[len(rest) - later :]

    def climb(parameters: Floats) -> tuple[float, Floats]:
        shared, alone, means, log_spreads = unpack(parameters)
        by_shared, by_alone, total = np.zeros(size), np.zeros_like(alone), 0.0
        by_mean, by_spread = np.zeros(later), np.zeros(later)
        for group, sample in enumerate(samples):
            items = shared.copy()
            mean, spread = (0.0, 1.0) if group == 0 else (means[group - 1], float(_spreads(log_spreads[group - 1])))
            if group:
                items[own] = alone[group - 1]
            weights = _weights(theta, mean, spread)
            found = height(sample, *sample.split(items), theta, weights)
            total += found.log_likelihood
            slopes = np.concatenate([found.by_discrimination, *found.by_intercepts])
            if group:
                by_alone[group - 1] = slopes[own]
                slopes[own] = 0.0
                by_mean[group - 1], by_spread[group - 1] = _theta_slopes(found, theta, weights, mean, spread)
            by_shared += slopes
        return -total / scale, -np.concatenate([by_shared, by_alone.ravel(), by_mean, by_spread]) / scale

    found = minimize(climb, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": _STEPS})
    if not found.success and float(np.abs(found.jac).max()) > 1e-5:
        raise DidNotConverge("The graded response model of several groups", _STEPS)
    return _Fit(*unpack(np.asarray(found.x)), log_likelihood=-float(found.fun) * scale)


def _places_of(sample: Coded, item: int) -> NDArray[np.intp]:
    """Where an item's discrimination and intercepts stand among the parameters."""
    first = len(sample.steps) + int(sample.steps[:item].sum())
    return np.array([item, *range(first, first + int(sample.steps[item]))], dtype=np.intp)


def _spreads(log_spreads: Floats) -> Floats:
    """Spreads by their logarithms; where a search runs away, it runs no further than numbers go."""
    return np.asarray(np.exp(np.clip(log_spreads, -_LARGEST_LOG_SPREAD, _LARGEST_LOG_SPREAD)))


def _weights(theta: Floats, mean: float, spread: float) -> Floats:
    """The normal distribution's share of each node; a spread between nodes is as narrow as it gets."""
    weights = np.exp(-(((theta - mean) / max(spread, _SMALLEST_SPREAD)) ** 2) / 2) + 1e-300
    return np.asarray(weights / weights.sum())


def _theta_slopes(found: Height, theta: Floats, weights: Floats, mean: float, spread: float) -> tuple[float, float]:
    """Derivatives of the log-likelihood by a group's mean and by the logarithm of its spread."""
    away = (theta - mean) / max(spread, _SMALLEST_SPREAD)
    beyond = found.people - found.people.sum() * weights
    return float(beyond @ away / spread), float(beyond @ away**2)
