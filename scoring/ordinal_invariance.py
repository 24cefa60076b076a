"""Whether one scale means the same in several groups when its answers are taken as ordered categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import block_diag
from scipy.optimize import least_squares
from scipy.special import chdtrc

from scoring.adjusted import adjusted_chi2
from scoring.errors import DidNotConverge
from scoring.factor import starting_loadings
from scoring.fit_indices import cfi, rmsea, tli
from scoring.group_models import WORST_CFI, WORST_RMSEA
from scoring.invariance import PEOPLE_NEEDED
from scoring.matrices import Floats, as_categories, group_codes, names_of
from scoring.polychoric import Polychoric, polychoric

_CALLS = 500


class OrdinalLevel(StrEnum):
    """What is held equal across groups: nothing, or thresholds and loadings together."""

    CONFIGURAL = "configural"
    THRESHOLDS_LOADINGS = "thresholds_loadings"


@dataclass(frozen=True)
class OrdinalStep:
    """One model of all groups, its test corrected in mean and variance, and how much worse it fits than the loosest."""

    level: OrdinalLevel
    chi2: float
    df: int
    chi2_scaled: float
    p_scaled: float | None
    cfi_scaled: float
    tli_scaled: float
    rmsea_scaled: float
    srmr: float
    delta_cfi: float | None
    delta_rmsea: float | None
    holds: bool


@dataclass(frozen=True)
class OrdinalInvariance:
    """Both models and what follows, or why nothing was tested. `latent_means` by group, the first group's being 0."""

    testable: bool
    reason: str | None
    holds: bool | None
    verdict: str
    configural: OrdinalStep | None
    thresholds_loadings: OrdinalStep | None
    latent_means: tuple[float, ...]
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]


def ordinal_invariance(
    answers: ArrayLike | pd.DataFrame, groups: ArrayLike, *, people_needed: int = PEOPLE_NEEDED
) -> OrdinalInvariance:
    """Test whether thresholds and loadings of one factor are the same in all groups.

    The answers are cut from normal responses, scaled to variance 1 in the first group; with thresholds and loadings
    equal, the other groups' factor means, variances and response scales are free (Wu & Estabrook 2016, *Psychometrika*
    81, 1014-1045; R: ``lavaan::cfa(ordered = , estimator = "WLSMV", group.equal = c("thresholds", "loadings"))``). It
    holds if CFI falls by at most .010 and RMSEA rises by at most .015. Complete rows. A category that a group never
    used is counted with the nearest that all groups used, and that is said.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories of one scale in the scored direction.
    groups
        Shape (n,), one label a person; rows without one are left out.
    people_needed
        In every group; below it the verdict is "not testable".

    Raises
    ------
    NotACategory
        A fraction among the answers.
    ShapesDiffer
        Labels do not match rows.
    """
    values = as_categories(answers)
    names = names_of(answers, values.shape[1])
    codes, labels = group_codes(groups, len(values))
    used = ~np.isnan(values).any(axis=1) & (codes >= 0)
    parts = [values[used & (codes == code)] for code in range(len(labels))]
    parts, merged = _share_categories(parts, names)
    sizes = tuple(len(part) for part in parts)
    reason = _why_not(parts, names, labels, people_needed)
    if reason is None:
        try:
            return _tested([polychoric(pd.DataFrame(part, columns=names)) for part in parts], labels, merged)
        except DidNotConverge:
            reason = "the model found no stable answer"
    return _not_testable(reason, labels, sizes, merged)


_METHOD = "one factor of ordered categories in several groups, diagonally weighted least squares (WLSMV)"


def _not_testable(
    reason: str, labels: tuple[Any, ...], sizes: tuple[int, ...], warnings: tuple[str, ...]
) -> OrdinalInvariance:
    return OrdinalInvariance(
        testable=False,
        reason=reason,
        holds=None,
        verdict=f"not testable: {reason}",
        configural=None,
        thresholds_loadings=None,
        latent_means=(),
        labels=labels,
        sizes=sizes,
        n_used=sum(sizes),
        method=_METHOD,
        missing="complete rows",
        warnings=warnings,
    )


def _share_categories(parts: list[Floats], names: Sequence[str]) -> tuple[list[Floats], tuple[str, ...]]:
    """Answers in the categories that every group used; others go to the nearest of them, in doubt to the lower."""
    merged = []
    for place, name in enumerate(names):
        used = [set(part[:, place]) for part in parts if len(part)]
        shared = np.array(sorted(set.intersection(*used))) if used else np.array([])
        lone = sorted(set.union(*used) - set(shared)) if len(shared) else []
        for part in parts if lone else ():
            part[:, place] = shared[np.abs(part[:, place][:, None] - shared[None, :]).argmin(axis=1)]
        merged += [f"{value:g} of {name} was not used by every group; counted with its neighbour" for value in lone]
    return parts, tuple(merged)


def _why_not(parts: list[Floats], names: Sequence[str], labels: tuple[Any, ...], needed: int) -> str | None:
    if len(parts) < 2:
        return "there are fewer than two groups"
    if len(names) < 3:
        return "a scale needs three items"
    for part, label in zip(parts, labels, strict=True):
        if len(part) < max(needed, part.shape[1] + 1):
            return f"group {label} has {len(part)} complete answers; {needed} are needed in every group"
        for place, name in enumerate(names):
            if len(np.unique(part[:, place])) < 3:
                return f"{name} has fewer than three categories that every group used"
    return None


def _tested(samples: list[Polychoric], labels: tuple[Any, ...], warnings: tuple[str, ...]) -> OrdinalInvariance:
    configural = _step(OrdinalLevel.CONFIGURAL, _fit(samples, shared=False), None)
    equal = _fit(samples, shared=True)
    step = _step(OrdinalLevel.THRESHOLDS_LOADINGS, equal, configural)
    return OrdinalInvariance(
        testable=True,
        reason=None,
        holds=step.holds,
        verdict=(
            "scores mean the same: means may be compared"
            if step.holds
            else "the same answer stands for different things in the groups: means are not comparable"
        ),
        configural=configural,
        thresholds_loadings=step,
        latent_means=tuple(equal.model.groups[place].mean(equal.parameters) for place in range(len(samples))),
        labels=labels,
        sizes=tuple(sample.n_used for sample in samples),
        n_used=sum(sample.n_used for sample in samples),
        method=_METHOD,
        missing="complete rows",
        warnings=warnings,
    )


@dataclass(frozen=True)
class _Group:
    """Where a group's parameters stand; those that are fixed are None: mean 0, variance 1, scales 1."""

    thresholds: NDArray[np.intp]
    loadings: NDArray[np.intp]
    factor_mean: int | None
    factor_variance: int | None
    scales: NDArray[np.intp] | None

    def mean(self, parameters: Floats) -> float:
        return 0.0 if self.factor_mean is None else float(parameters[self.factor_mean])


@dataclass(frozen=True)
class _Model:
    groups: tuple[_Group, ...]
    item_of: NDArray[np.intp]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    parameters: int

    def moments(self, group: _Group, parameters: Floats) -> tuple[Floats, Floats]:
        """Thresholds and correlations that follow in a group, and their derivatives, shape (m, q)."""
        items = len(group.loadings)
        loadings, thresholds = parameters[group.loadings], parameters[group.thresholds]
        mean = group.mean(parameters)
        variance = 1.0 if group.factor_variance is None else float(parameters[group.factor_variance])
        scales = np.ones(items) if group.scales is None else parameters[group.scales]
        own, of_item, rows, columns = len(thresholds), self.item_of, self.rows, self.columns
        away, together = thresholds - loadings[of_item] * mean, loadings[rows] * loadings[columns]
        stretch, product = scales[of_item], scales[rows] * scales[columns]
        slopes = np.zeros((own + len(rows), self.parameters))
        here, pairs = np.arange(own), own + np.arange(len(rows))
        slopes[here, group.thresholds] = stretch
        slopes[here, group.loadings[of_item]] = -stretch * mean
        slopes[pairs, group.loadings[rows]] = product * variance * loadings[columns]
        slopes[pairs, group.loadings[columns]] = product * variance * loadings[rows]
        if group.scales is not None and group.factor_mean is not None and group.factor_variance is not None:
            slopes[here, group.factor_mean] = -stretch * loadings[of_item]
            slopes[pairs, group.factor_variance] = product * together
            slopes[here, group.scales[of_item]] = away
            slopes[pairs, group.scales[rows]] = scales[columns] * variance * together
            slopes[pairs, group.scales[columns]] = scales[rows] * variance * together
        return np.concatenate([stretch * away, product * variance * together]), slopes


@dataclass(frozen=True)
class _Fitted:
    samples: list[Polychoric]
    model: _Model
    parameters: Floats

    @property
    def parts(self) -> list[tuple[Polychoric, Floats, Floats, Floats]]:
        """Each group with the weights of its moments, what the model leaves of them, and the slopes."""
        found = []
        for sample, group in zip(self.samples, self.model.groups, strict=True):
            moments, slopes = self.model.moments(group, self.parameters)
            found.append((sample, 1 / np.diag(sample.asymptotic), _observed(sample) - moments, slopes))
        return found


def _observed(sample: Polychoric) -> Floats:
    rows, columns = map(np.array, zip(*sample.pairs, strict=True))
    return np.concatenate([*sample.thresholds, sample.correlations[rows, columns]])


def _model(samples: list[Polychoric], *, shared: bool) -> _Model:
    counts = [len(own) for own in samples[0].thresholds]
    items, thresholds = len(counts), sum(counts)
    groups, taken = [], 0
    for place in range(len(samples)):
        if place == 0 or not shared:
            first, taken = taken, taken + thresholds + items
        own = first + np.arange(thresholds + items)
        free = shared and place > 0
        groups.append(
            _Group(
                thresholds=own[:thresholds],
                loadings=own[thresholds:],
                factor_mean=taken if free else None,
                factor_variance=taken + 1 if free else None,
                scales=taken + 2 + np.arange(items) if free else None,
            )
        )
        taken += items + 2 if free else 0
    rows, columns = map(np.array, zip(*samples[0].pairs, strict=True))
    return _Model(tuple(groups), np.repeat(np.arange(items), counts), rows, columns, taken)


def _start(samples: list[Polychoric], model: _Model) -> Floats:
    start = np.ones(model.parameters)
    for sample, group in reversed(list(zip(samples, model.groups, strict=True))):
        start[group.thresholds] = np.concatenate(sample.thresholds)
        start[group.loadings] = starting_loadings(sample.correlations)
        if group.factor_mean is not None:
            start[group.factor_mean] = 0.0
    return start


def _fit(samples: list[Polychoric], *, shared: bool) -> _Fitted:
    """Least squares of all groups' thresholds and correlations, each weighted by its own sampling error."""
    model = _model(samples, shared=shared)
    freedom = sum(sample.n_used - 1 for sample in samples)
    observed = [_observed(sample) for sample in samples]
    roots = [np.sqrt((sample.n_used - 1) / freedom / np.diag(sample.asymptotic)) for sample in samples]

    def residuals(parameters: Floats) -> Floats:
        found = [model.moments(group, parameters)[0] for group in model.groups]
        return np.concatenate([root * (seen - own) for root, seen, own in zip(roots, observed, found, strict=True)])

    def slopes(parameters: Floats) -> Floats:
        found = [model.moments(group, parameters)[1] for group in model.groups]
        return -np.vstack([root[:, None] * own for root, own in zip(roots, found, strict=True)])

    found = least_squares(
        residuals, _start(samples, model), slopes, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=_CALLS
    )
    if not found.success or not np.isfinite(found.x).all():
        raise DidNotConverge("The model of ordered categories", _CALLS)
    return _Fitted(samples, model, np.asarray(found.x))


def _step(level: OrdinalLevel, fitted: _Fitted, loosest: OrdinalStep | None) -> OrdinalStep:
    parts, pairs = fitted.parts, len(fitted.model.rows)
    n, groups = sum(sample.n_used for sample in fitted.samples), len(parts)
    shares = [sample.n_used / n for sample in fitted.samples]
    chi2 = sum((sample.n_used - 1) * float(left**2 @ weights) for sample, weights, left, _ in parts)
    df = sum(len(left) for _, _, left, _ in parts) - fitted.model.parameters
    chi2_scaled = adjusted_chi2(
        chi2,
        df,
        np.concatenate([share * weights for share, (_, weights, _, _) in zip(shares, parts, strict=True)]),
        np.vstack([slopes for _, _, _, slopes in parts]),
        block_diag(*[sample.asymptotic / share for share, sample in zip(shares, fitted.samples, strict=True)]),
    )
    baseline, baseline_df = _baseline(fitted.samples), groups * pairs
    items = len(fitted.samples[0].items)
    left_over = [sqrt(float((left[-pairs:] ** 2).sum()) / (items * (items + 1) / 2)) for _, _, left, _ in parts]
    fit = cfi(chi2_scaled, df, baseline, baseline_df)
    error = rmsea(chi2_scaled, df, n - groups, groups)
    delta_cfi = None if loosest is None else fit - loosest.cfi_scaled
    delta_rmsea = None if loosest is None else error - loosest.rmsea_scaled
    tighter = delta_rmsea is None or loosest is None or not loosest.df or delta_rmsea <= WORST_RMSEA
    return OrdinalStep(
        level=level,
        chi2=chi2,
        df=df,
        chi2_scaled=chi2_scaled,
        p_scaled=float(chdtrc(df, max(chi2_scaled, 0.0))) if df else None,
        cfi_scaled=fit,
        tli_scaled=tli(chi2_scaled, df, baseline, baseline_df),
        rmsea_scaled=error,
        srmr=float(np.dot(shares, left_over)),
        delta_cfi=delta_cfi,
        delta_rmsea=delta_rmsea,
        holds=(delta_cfi is None or delta_cfi >= WORST_CFI) and tighter,
    )


def _baseline(samples: list[Polychoric]) -> float:
    """The corrected chi-squared of no relations, thresholds being whatever they are."""
    pairs = len(samples[0].pairs)
    weights = [1 / np.diag(sample.correlations_asymptotic) for sample in samples]
    chi2 = sum(
        (sample.n_used - 1) * float(_observed(sample)[-pairs:] ** 2 @ own)
        for sample, own in zip(samples, weights, strict=True)
    )
    every = block_diag(*[sample.correlations_asymptotic for sample in samples])
    return adjusted_chi2(chi2, len(every), np.concatenate(weights), np.zeros((len(every), 0)), every)
