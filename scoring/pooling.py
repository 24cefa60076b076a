"""Group means steadied by what the other groups say: one-way REML and empirical Bayes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from scoring.errors import ImpossibleSample, ShapesDiffer, TooFewAnswers
from scoring.matrices import Floats
from scoring.variance_components import GroupMoments, group_moments


@dataclass(frozen=True)
class VarianceComponents:
    """A grand mean with the variance between groups (tau2) and within (sigma2); errors are standard errors."""

    mu: float
    tau2: float
    sigma2: float
    mu_error: float
    tau2_error: float
    log_likelihood: float
    groups: int
    n_used: int
    method: str
    warnings: tuple[str, ...]

    @property
    def icc(self) -> float:
        """The share of the variance that lies between groups."""
        return self.tau2 / (self.tau2 + self.sigma2)


@dataclass(frozen=True)
class SteadiedMeans:
    """Group means drawn towards the grand mean by how little they rest on; arrays of shape (J,).

    `shrinkage` is lambda, the weight of the group's own mean. `se` is the conditional standard error that R's
    ``ranef(condVar = TRUE)`` gives; `widened_se` adds what is unknown about mu and tau2 and is the one to show.
    """

    labels: tuple[Any, ...]
    n: NDArray[np.int64]
    mean: Floats
    shrinkage: Floats
    estimate: Floats
    se: Floats
    widened_se: Floats
    components: VarianceComponents
    method: str
    warnings: tuple[str, ...]

    @property
    def lambda_(self) -> Floats:
        """Another name of `shrinkage`, the one that the literature has."""
        return self.shrinkage


def reml(values: ArrayLike, groups: ArrayLike) -> VarianceComponents:
    """Between- and within-group variance by restricted maximum likelihood.

    Model: value = mu + group effect + error. The likelihood is profiled over the ratio tau2 / sigma2 and needs only
    the groups' counts, means and sums of squares; groups of one size are one term. Source: Laird & Ware 1982,
    *Biometrics* 38, 963-974 (R: ``lme4::lmer(y ~ 1 + (1 | g))``). A tau2 at its boundary is exactly 0.

    Parameters
    ----------
    values
        Shape (n,), one score a person; NaN where missing.
    groups
        Shape (n,), one label a person.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups, or nobody beyond one a group.
    """
    return components_of(group_moments(values, groups))


def components_of(moments: GroupMoments) -> VarianceComponents:
    """`reml` of moments that are there already."""
    groups, n = len(moments.labels), moments.n
    if groups < 2 or n <= groups:
        raise TooFewAnswers(f"Spread between groups is seen from two groups on, one of two people; these are {groups}.")
    profile = _Profile(moments)
    if profile.nothing_varies:
        return _nothing_varies(moments)
    ratio = profile.best_ratio()
    sigma2 = profile.sigma2(ratio)
    weights = profile.weights(ratio)
    sizes, classes = profile.sizes, profile.classes
    information = 0.5 * float(classes @ (sizes / (1 + ratio * sizes)) ** 2) / sigma2**2
    return VarianceComponents(
        mu=profile.mean(ratio) + moments.grand_mean,
        tau2=ratio * sigma2,
        sigma2=sigma2,
        mu_error=float(np.sqrt(sigma2 / (classes @ weights))),
        tau2_error=float(1 / np.sqrt(information)),
        log_likelihood=-profile.deviance(ratio) / 2,
        groups=groups,
        n_used=n,
        method="one-way REML",
        warnings=("groups differ no more than chance would make them",) if ratio == 0 else (),
    )


def shrunken_means(
    values: ArrayLike, groups: ArrayLike, roster_sizes: Mapping[Any, int] | ArrayLike | None = None
) -> SteadiedMeans:
    """Empirical Bayes means of groups.

    ``mu + lambda (mean - mu)``, ``lambda = tau2 / (tau2 + sigma2 / n)`` (Efron & Morris 1975, *JASA* 70, 311-319). With
    rosters, those who answered are known and only the others are predicted: ``f mean + (1 - f) estimate`` with
    ``f = n / N`` (Ghosh & Rao 1994, *Statistical Science* 9, 55-93). For lists that invite ranking, labelled as
    steadied; never in place of a trend.

    The widened error adds the variances that come from estimating mu and tau2 (Kackar & Harville 1984; Prasad & Rao
    1990, *JASA* 85, 163-171), for with few groups the conditional one covers too little.

    Parameters
    ----------
    values, groups
        As `reml`.
    roster_sizes
        People in each group, by label, or in the order of the sorted labels; None for no finite population.

    Raises
    ------
    TooFewAnswers, ImpossibleSample, ShapesDiffer
        As `reml`; more answers in a group than people on its roster; not one roster size a group.
    """
    moments = group_moments(values, groups)
    components = components_of(moments)
    counts, means = moments.counts, moments.means
    noise = components.sigma2 / counts
    shrinkage = components.tau2 / (components.tau2 + noise) if components.tau2 > 0 else np.zeros(len(counts))
    estimate = components.mu + shrinkage * (means - components.mu)
    conditional = components.tau2 * (1 - shrinkage)
    widened = conditional + (1 - shrinkage) ** 2 * components.mu_error**2 + _unknown_tau2(components, noise)
    if roster_sizes is not None:
        share, others = _finite(roster_sizes, moments, components)
        estimate = share * means + (1 - share) * estimate
        conditional, widened = ((1 - share) ** 2 * (part + others) for part in (conditional, widened))
    return SteadiedMeans(
        labels=moments.labels,
        n=counts,
        mean=means,
        shrinkage=shrinkage,
        estimate=estimate,
        se=np.sqrt(conditional),
        widened_se=np.sqrt(widened),
        components=components,
        method="empirical Bayes, one-way REML" + (", finite rosters" if roster_sizes is not None else ""),
        warnings=components.warnings,
    )


class _Profile:
    """The restricted likelihood as a function of tau2 / sigma2, with groups of one size taken together."""

    def __init__(self, moments: GroupMoments) -> None:
        self.n = moments.n
        self.within = float(moments.squares.sum())
        centred = moments.means - moments.grand_mean
        sizes, places = np.unique(moments.counts, return_inverse=True)
        self.sizes = sizes.astype(np.float64)
        self.classes = np.bincount(places).astype(np.float64)
        self.sums = np.bincount(places, centred)
        self.squares = np.bincount(places, centred**2)

    @property
    def nothing_varies(self) -> bool:
        return self.within + float(self.sizes @ self.squares) == 0

    def weights(self, ratio: float) -> Floats:
        return np.asarray(self.sizes / (1 + ratio * self.sizes))

    def mean(self, ratio: float) -> float:
        weights = self.weights(ratio)
        return float(weights @ self.sums / (weights @ self.classes))

    def between(self, ratio: float, weights: Floats) -> float:
        mean = self.mean(ratio)
        return float(weights @ (self.squares - 2 * mean * self.sums + mean**2 * self.classes))

    def sigma2(self, ratio: float) -> float:
        return (self.within + self.between(ratio, self.weights(ratio))) / (self.n - 1)

    def deviance(self, ratio: float) -> float:
        weights = self.weights(ratio)
        return (
            (self.n - 1) * (1 + log(2 * pi * self.sigma2(ratio)))
            + float(self.classes @ np.log1p(ratio * self.sizes))
            + log(float(weights @ self.classes))
        )

    def slope(self, ratio: float) -> float:
        """The derivative of the deviance."""
        weights = self.weights(ratio)
        squared = weights**2
        return (
            -self.between(ratio, squared) / self.sigma2(ratio)
            + float(self.classes @ weights)
            - float(self.classes @ squared) / float(self.classes @ weights)
        )

    def best_ratio(self) -> float:
        """The ratio of least deviance, at least 0: the best of a wide grid, then the root of the slope beside it."""
        grid = np.concatenate([[0.0], np.logspace(-7, 7, 113)])
        heights = [self.deviance(float(ratio)) if self.sigma2(float(ratio)) > 0 else np.inf for ratio in grid]
        best = int(np.argmin(heights))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
        if self.slope(low) >= 0 or self.slope(high) <= 0:
            return float(grid[best])
        return float(brentq(self.slope, low, high, xtol=1e-300, rtol=1e-14, maxiter=500))


def _nothing_varies(moments: GroupMoments) -> VarianceComponents:
    return VarianceComponents(
        mu=moments.grand_mean,
        tau2=0.0,
        sigma2=0.0,
        mu_error=0.0,
        tau2_error=0.0,
        log_likelihood=np.inf,
        groups=len(moments.labels),
        n_used=moments.n,
        method="one-way REML",
        warnings=("everybody has the same value",),
    )


def _unknown_tau2(components: VarianceComponents, noise: Floats) -> Floats:
    """What estimating tau2 adds to the error of a steadied mean, doubled for the bias of the plug-in (Prasad & Rao)."""
    total = components.tau2 + noise
    if components.sigma2 == 0:
        return np.zeros(len(noise))
    return np.asarray(2 * noise**2 / total**3 * components.tau2_error**2)


def _finite(
    roster_sizes: Mapping[Any, int] | ArrayLike, moments: GroupMoments, components: VarianceComponents
) -> tuple[Floats, Floats]:
    """The share of each group that answered, and the variance of the mean of those who did not."""
    rosters = _rosters(roster_sizes, moments)
    silent = rosters - moments.counts
    return moments.counts / rosters, np.divide(components.sigma2, silent, out=np.zeros(len(silent)), where=silent > 0)


def _rosters(roster_sizes: Mapping[Any, int] | ArrayLike, moments: GroupMoments) -> Floats:
    if isinstance(roster_sizes, Mapping):
        missing = [label for label in moments.labels if label not in roster_sizes]
        if missing:
            raise ShapesDiffer(f"No roster size is given for group {missing[0]!r}.")
        sizes = np.array([roster_sizes[label] for label in moments.labels], dtype=np.float64)
    else:
        sizes = np.asarray(roster_sizes, dtype=np.float64)
    if sizes.shape != moments.counts.shape:
        raise ShapesDiffer(f"There are {len(moments.counts)} groups and {sizes.size} roster sizes.")
    if (sizes < moments.counts).any():
        place = int(np.flatnonzero(sizes < moments.counts)[0])
        answers, people = moments.counts[place], sizes[place]
        raise ImpossibleSample(f"{answers} answers of {people:g} people in group {moments.labels[place]!r} cannot be.")
    return sizes
