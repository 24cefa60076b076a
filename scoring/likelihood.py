"""Maximum likelihood for factor models of one or more groups, with or without missing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np

from scoring.errors import DidNotConverge
from scoring.matrices import Floats
from scoring.structures import Places, Structure, derivatives, matrices

_STEPS = 400
_HALVINGS = 25


@dataclass(frozen=True)
class Sample:
    """What the likelihood needs of rows that answer the same items: count, means, covariances with divisor n.

    `items` are the columns that these rows answer, `group` the place of their structure.
    """

    n: int
    mean: Floats
    covariance: Floats
    items: Places
    group: int = 0


@dataclass(frozen=True)
class Estimate:
    """Parameters of highest likelihood with their expected information per person."""

    parameters: Floats
    information: Floats
    log_likelihood: float
    n: int
    iterations: int

    @property
    def covariance(self) -> Floats:
        """Covariances of the parameters, shape (q, q)."""
        return np.asarray(np.linalg.inv(self.information) / self.n)


def samples_of(values: Floats, group: int = 0) -> list[Sample]:
    """Rows by which items they answer; rows without any answer tell nothing and are left out."""
    there = ~np.isnan(values)
    patterns, places = np.unique(there, axis=0, return_inverse=True)
    found = []
    for number, pattern in enumerate(patterns):
        if pattern.any():
            found.append(_sample(values[places.reshape(-1) == number][:, pattern], np.flatnonzero(pattern), group))
    return found


def maximise(structures: Sequence[Structure], samples: Sequence[Sample], start: Floats, *, what: str) -> Estimate:
    """Fisher scoring with halved steps from `start`.

    Raises
    ------
    DidNotConverge
        No maximum was found; `what` names the model.
    """
    try:
        return _climb(structures, samples, np.array(start, dtype=np.float64), what)
    except np.linalg.LinAlgError:
        raise DidNotConverge(what, _STEPS) from None


def log_likelihood(structures: Sequence[Structure], samples: Sequence[Sample], parameters: Floats) -> float:
    """Normal log-likelihood; minus infinity where a covariance matrix is not positive definite."""
    total = 0.0
    for sample in samples:
        found = matrices(structures[sample.group], parameters)
        total += sample_log_likelihood(
            sample, found.mean[sample.items], found.covariance[np.ix_(sample.items, sample.items)]
        )
    return total


def sample_log_likelihood(sample: Sample, mean: Floats, covariance: Floats) -> float:
    """Normal log-likelihood of one sample's rows."""
    away = sample.mean - mean
    try:
        lower = np.linalg.cholesky(covariance)
        quadratic = np.trace(np.linalg.solve(covariance, sample.covariance + np.outer(away, away)))
    except np.linalg.LinAlgError:
        return -np.inf
    return float(-sample.n / 2 * (len(mean) * log(2 * pi) + 2 * np.log(np.diag(lower)).sum() + quadratic))


def slope(structures: Sequence[Structure], samples: Sequence[Sample], parameters: Floats) -> tuple[Floats, Floats]:
    """Gradient of the log-likelihood and expected information, both per person."""
    q = len(parameters)
    gradient, information = np.zeros(q), np.zeros((q, q))
    n = sum(sample.n for sample in samples)
    ready = []
    for structure in structures:
        found = matrices(structure, parameters)
        ready.append((found.mean, found.covariance, *derivatives(structure, found, q)))
    for sample in samples:
        mean, covariance, mean_slopes, covariance_slopes = ready[sample.group]
        own = np.ix_(sample.items, sample.items)
        inverse = np.linalg.inv(covariance[own])
        turned = inverse @ covariance_slopes[:, sample.items][:, :, sample.items]
        away = sample.mean - mean[sample.items]
        residual = inverse @ (sample.covariance + np.outer(away, away)) - np.eye(len(sample.items))
        weight = sample.n / n
        moved = mean_slopes[:, sample.items] @ inverse
        gradient += weight * (0.5 * np.einsum("qij,ji->q", turned, residual) + moved @ away)
        flat = turned.reshape(q, -1)
        information += weight * (
            0.5 * flat @ turned.transpose(0, 2, 1).reshape(q, -1).T + moved @ mean_slopes[:, sample.items].T
        )
    return gradient, information


def observed_information(structures: Sequence[Structure], samples: Sequence[Sample], parameters: Floats) -> Floats:
    """Minus the second derivatives of the log-likelihood per person, by central differences of its gradient."""
    steps = 1e-5 * np.maximum(np.abs(parameters), 0.1)
    rows = []
    for place, step in enumerate(steps):
        aside = np.zeros(len(parameters))
        aside[place] = step
        above, below = (slope(structures, samples, parameters + sign * aside)[0] for sign in (1, -1))
        rows.append((below - above) / (2 * step))
    found = np.array(rows)
    return np.asarray((found + found.T) / 2)


def unrestricted(samples: Sequence[Sample], items: int, rounds: int = 2000) -> tuple[Floats, Floats, float]:
    """Means, covariances and log-likelihood of one group without a model, by EM where answers are missing.

    Source: Little & Rubin 2002, *Statistical Analysis with Missing Data*, 11.2.
    """
    n = sum(sample.n for sample in samples)
    if len(samples) == 1 and len(samples[0].items) == items:
        return (
            samples[0].mean,
            samples[0].covariance,
            sample_log_likelihood(samples[0], samples[0].mean, samples[0].covariance),
        )
    mean, variance = available_moments(samples, items)
    covariance = np.diag(variance)
    for _ in range(rounds):
        sums, products = np.zeros(items), np.zeros((items, items))
        for sample in samples:
            row_mean, row_products = _expected(sample, mean, covariance)
            sums += sample.n * row_mean
            products += sample.n * row_products
        new_mean = sums / n
        new_covariance = products / n - np.outer(new_mean, new_mean)
        moved = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
        mean, covariance = new_mean, new_covariance
        if moved < 1e-12:
            break
    height = sum(
        sample_log_likelihood(sample, mean[sample.items], covariance[np.ix_(sample.items, sample.items)])
        for sample in samples
    )
    return mean, covariance, height


def available_moments(samples: Sequence[Sample], items: int) -> tuple[Floats, Floats]:
    """Each item's mean and variance (divisor n) over everybody who answered it, shape (p,) each."""
    counts, sums, squares = np.zeros(items), np.zeros(items), np.zeros(items)
    for sample in samples:
        counts[sample.items] += sample.n
        sums[sample.items] += sample.n * sample.mean
        squares[sample.items] += sample.n * (np.diag(sample.covariance) + sample.mean**2)
    mean = sums / counts
    return mean, squares / counts - mean**2


def _climb(structures: Sequence[Structure], samples: Sequence[Sample], parameters: Floats, what: str) -> Estimate:
    n = sum(sample.n for sample in samples)
    height = log_likelihood(structures, samples, parameters)
    for iteration in range(_STEPS):
        gradient, information = slope(structures, samples, parameters)
        step = np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
        if float(gradient @ step) < 1e-17 * max(1.0, abs(height) / n):
            return Estimate(parameters, information, height, n, iteration)
        parameters, height, moved = _uphill(structures, samples, parameters, step, height)
        if not moved:
            if float(gradient @ step) < 1e-9:
                return Estimate(parameters, information, height, n, iteration)
            break
    raise DidNotConverge(what, _STEPS)


def _sample(rows: Floats, items: Places, group: int) -> Sample:
    mean = rows.mean(axis=0)
    centred = rows - mean
    return Sample(len(rows), mean, centred.T @ centred / len(rows), items, group)


def _uphill(
    structures: Sequence[Structure], samples: Sequence[Sample], parameters: Floats, step: Floats, height: float
) -> tuple[Floats, float, bool]:
    """The first of the halved steps that climbs, or where we stand."""
    for halving in range(_HALVINGS):
        tried = parameters + step / 2**halving
        reached = log_likelihood(structures, samples, tried)
        if reached > height:
            return tried, reached, True
    return parameters, height, False


def _expected(sample: Sample, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Expected means and mean products of rows whose missing items are filled by regression on the answered ones."""
    own = sample.items
    try:
        regression = np.linalg.solve(covariance[np.ix_(own, own)], covariance[own]).T
    except np.linalg.LinAlgError:
        raise DidNotConverge("The filling of gaps", 1) from None
    filled = mean + regression @ (sample.mean - mean[own])
    left = covariance - regression @ covariance[own]
    left[own, :] = 0.0
    left[:, own] = 0.0
    return filled, regression @ sample.covariance @ regression.T + np.outer(filled, filled) + left
