"""Factor models of a scale or of several: loadings, fit, and whether scales tell different things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.fit_indices import FitIndices, Tested, fit_indices, standardised_residual
from scoring.likelihood import (
    Estimate,
    Sample,
    available_moments,
    maximise,
    observed_information,
    sample_log_likelihood,
    samples_of,
    unrestricted,
)
from scoring.matrices import Floats, as_floats, names_of
from scoring.moments import correlations_of, is_singular
from scoring.structures import Numbering, Structure, matrices

Missing = Literal["listwise", "fiml"]
Scales = Mapping[str, Sequence[str | int]]
"""Items by scale: names of a frame's columns, or their places."""


@dataclass(frozen=True)
class FactorModel(FitIndices):
    """A fitted factor model, for p items and m factors of variance 1, with its fit.

    `loadings`, `loading_errors` and `standardized_loadings` have shape (p, m), `uniquenesses` and `intercepts` (p,),
    `factor_correlations` and `htmt` (m, m). `omega` and `ave` are by factor. `heywood` names items whose uniqueness
    would have been negative and is held at 0.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Floats
    loading_errors: Floats
    standardized_loadings: Floats
    uniquenesses: Floats
    intercepts: Floats
    factor_correlations: Floats
    htmt: Floats
    ave: Mapping[str, float]
    omega: Mapping[str, float]
    parameter_covariance: Floats
    heywood: tuple[str, ...]
    method: str
    missing: str
    warnings: tuple[str, ...]


def one_factor(
    answers: ArrayLike | pd.DataFrame, *, missing: Missing = "listwise", equal_loadings: bool = False
) -> FactorModel:
    """Fit one factor by maximum likelihood.

    Joreskog 1969, *Psychometrika* 34, 183-202, on covariances with divisor n, as R's ``lavaan::cfa(std.lv = TRUE,
    meanstructure = TRUE)``. Three items fit perfectly whatever they say: nothing is tested.

    Parameters
    ----------
    answers
        Shape (n, k), k of 3 or more, in the scored direction; NaN where missing.
    missing
        ``listwise``: complete rows. ``fiml``: every answer counts (full information maximum likelihood).
    equal_loadings
        The tau-equivalent model, under which alpha equals omega. Its chi2 less that of the free model tests alpha's
        assumption.

    Raises
    ------
    TooFewAnswers
        Fewer than three items, or no more people than items.
    DidNotConverge
        No maximum was found.
    """
    width = as_floats(answers).shape[1]
    return _model(fit_factors(answers, {"factor": range(width)}, missing=missing, equal_loadings=equal_loadings))


def correlated_factors(
    answers: ArrayLike | pd.DataFrame, scales: Scales, *, missing: Missing = "listwise"
) -> FactorModel:
    """Fit one factor a scale, with free correlations between them, by maximum likelihood.

    HTMT (Henseler, Ringle & Sarstedt 2015, *Journal of the Academy of Marketing Science* 43, 115-135) is the mean
    correlation between two scales' items over the geometric mean of those within; below .85 they tell different things.

    Parameters
    ----------
    answers
        Shape (n, p); columns of no scale are left out.
    scales
        Items by scale, each of two or more.

    Raises
    ------
    TooFewAnswers, DidNotConverge
        As `one_factor`.
    ShapesDiffer
        A scale names an item that is not there, or an item stands in two scales.
    """
    return _model(fit_factors(answers, scales, missing=missing))


def fit_factors(
    answers: ArrayLike | pd.DataFrame, scales: Scales, *, missing: Missing = "listwise", equal_loadings: bool = False
) -> FittedFactors:
    """The estimate that a model is described from; see `correlated_factors`, whose errors these are."""
    if missing not in ("listwise", "fiml"):
        raise UnknownChoice("way with missing answers", missing, ("listwise", "fiml"))
    places = columns_of(answers, scales)
    chosen = [place for items in places.values() for place in items]
    names = tuple(names_of(answers, max(chosen, default=0) + 1)[place] for place in chosen)
    values = as_floats(answers)[:, chosen]
    gaps = np.isnan(values)
    values = values[~(gaps.any(axis=1) if missing == "listwise" else gaps.all(axis=1))]
    factor_of = np.repeat(np.arange(len(places)), [len(items) for items in places.values()])
    _refuse_too_few(values, factor_of)
    samples = samples_of(values)
    mean, covariance, saturated = unrestricted(samples, len(names))
    if is_singular(covariance):
        raise TooFewAnswers("An item does not vary, or is told exactly by the others; there is nothing to model.")
    estimate, structure, held = _proper(samples, _Recipe(mean, covariance, factor_of, equal_loadings))
    return FittedFactors(
        items=names,
        factors=tuple(places),
        factor_of=factor_of,
        structure=structure,
        samples=samples,
        estimate=estimate,
        mean=mean,
        covariance=covariance,
        saturated=saturated,
        missing=missing,
        heywood=tuple(names[item] for item in sorted(held)),
    )


def columns_of(answers: ArrayLike | pd.DataFrame, scales: Scales) -> dict[str, list[int]]:
    """The places of each scale's items among the columns.

    Raises
    ------
    ShapesDiffer
        A scale names an item that is not there, or an item stands in two scales.
    """
    names = names_of(answers, as_floats(answers).shape[1])
    found: dict[str, list[int]] = {}
    for scale, items in scales.items():
        for item in items:
            known = item in names if isinstance(item, str) else 0 <= item < len(names)
            if not known:
                raise ShapesDiffer(f"Scale {scale!r} names {item!r}, which is none of the columns.")
        found[scale] = [names.index(item) if isinstance(item, str) else int(item) for item in items]
    everywhere = [place for places in found.values() for place in places]
    if len(set(everywhere)) < len(everywhere):
        raise ShapesDiffer("An item stands in two scales; each belongs to one.")
    return found


def starting_loadings(covariance: Floats) -> Floats:
    """Loadings to start from: the first principal axis, turned so that most point one way."""
    values, vectors = np.linalg.eigh(covariance)
    axis = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
    return np.asarray(0.8 * axis * (1 if axis.sum() >= 0 else -1))


def heterotrait_monotrait(correlations: Floats, scales: Sequence[NDArray[np.intp]]) -> Floats:
    """HTMT of each pair of scales from items' correlations, shape (m, m); NaN where a scale has one item."""
    within = np.full(len(scales), np.nan)
    for place, items in enumerate(scales):
        if len(items) > 1:
            within[place] = correlations[np.ix_(items, items)][np.tril_indices(len(items), -1)].mean()
    found = np.eye(len(scales))
    for first, items in enumerate(scales):
        for second in range(first):
            between = correlations[np.ix_(items, scales[second])].mean()
            product = within[first] * within[second]
            found[first, second] = found[second, first] = between / np.sqrt(product) if product > 0 else np.nan
    return found


@dataclass(frozen=True)
class FittedFactors:
    """Everything a model is described from."""

    items: tuple[str, ...]
    factors: tuple[str, ...]
    factor_of: NDArray[np.intp]
    structure: Structure
    samples: list[Sample]
    estimate: Estimate
    mean: Floats
    covariance: Floats
    saturated: float
    missing: str
    heywood: tuple[str, ...]


def _refuse_too_few(values: Floats, factor_of: NDArray[np.intp]) -> None:
    people, items = values.shape
    if not len(values) or np.isnan(values).all(axis=0).any():
        raise TooFewAnswers("Nobody answered one of the items.")
    sizes = np.bincount(factor_of)
    if sizes.min() < (3 if len(sizes) == 1 else 2):
        raise TooFewAnswers("A factor needs three items, or two beside other factors.")
    if people <= items:
        raise TooFewAnswers(f"{people} people are too few for a model of {items} items.")


@dataclass(frozen=True)
class _Recipe:
    """What a model's structure and its starting values are made of."""

    mean: Floats
    covariance: Floats
    factor_of: NDArray[np.intp]
    equal_loadings: bool


def _structure(recipe: _Recipe, held: frozenset[int]) -> tuple[Structure, Floats]:
    """The model with factors of variance 1 and its starting values; uniquenesses of `held` items stay 0."""
    factor_of, covariance, equal = recipe.factor_of, recipe.covariance, recipe.equal_loadings
    items, factors = len(factor_of), int(factor_of.max()) + 1
    numbering = Numbering()
    belongs = factor_of[:, None] == np.arange(factors)
    structure = Structure(
        loadings=numbering.fill((items, factors), belongs, lambda item, factor: f"loading {factor if equal else item}"),
        fixed_loadings=np.zeros((items, factors)),
        factor_covariances=numbering.fill(
            (factors, factors), ~np.eye(factors, dtype=bool), lambda *pair: f"factors {min(pair)} {max(pair)}"
        ),
        fixed_factor_covariances=np.eye(factors),
        uniquenesses=numbering.fill(
            (items,), np.array([item not in held for item in range(items)]), lambda item: f"uniqueness {item}"
        ),
        intercepts=numbering.fill((items,), np.ones(items, dtype=bool), lambda item: f"intercept {item}"),
        factor_means=np.full(factors, -1, dtype=np.intp),
    )
    start = np.zeros(len(numbering.names))
    for factor in range(factors):
        own = np.flatnonzero(factor_of == factor)
        loadings = starting_loadings(covariance[np.ix_(own, own)])
        start[structure.loadings[own, factor]] = loadings.mean() if equal else loadings
        free = structure.uniquenesses[own] >= 0
        start[structure.uniquenesses[own][free]] = np.maximum(
            np.diag(covariance)[own] - loadings**2, 0.2 * np.diag(covariance)[own]
        )[free]
    start[structure.intercepts] = recipe.mean
    return structure, start


def _proper(samples: list[Sample], recipe: _Recipe) -> tuple[Estimate, Structure, frozenset[int]]:
    """The maximum with no negative uniqueness: the most negative one is held at 0, one a factor at most."""
    held: frozenset[int] = frozenset()
    while True:
        structure, start = _structure(recipe, held)
        estimate = maximise([structure], samples, start, what="The factor model")
        uniquenesses = matrices(structure, estimate.parameters).uniquenesses
        taken = {int(recipe.factor_of[item]) for item in held}
        candidates = [item for item in np.argsort(uniquenesses) if int(recipe.factor_of[item]) not in taken]
        if not candidates or uniquenesses[candidates[0]] >= 0:
            return estimate, structure, held
        held |= {int(candidates[0])}


def _model(fitted: FittedFactors) -> FactorModel:
    found = matrices(fitted.structure, fitted.estimate.parameters)
    belongs = np.flatnonzero(np.ones(len(fitted.items)))
    scales = [belongs[fitted.factor_of == factor] for factor in range(len(fitted.factors))]
    implied = found.covariance
    standardized = found.loadings / np.sqrt(np.diag(implied))[:, None]
    covariance = _parameter_covariance(fitted)
    errors = np.zeros_like(found.loadings)
    free = fitted.structure.loadings >= 0
    variances = np.diag(covariance)
    errors[free] = np.sqrt(np.where(variances > 0, variances, np.nan))[fitted.structure.loadings[free]]
    fit = _fit_of(fitted, standardised_residual(fitted.mean, fitted.covariance, found.mean, implied))
    return FactorModel(
        **asdict(fit),
        items=fitted.items,
        factors=fitted.factors,
        loadings=found.loadings,
        loading_errors=errors,
        standardized_loadings=standardized,
        uniquenesses=found.uniquenesses,
        intercepts=found.intercepts,
        factor_correlations=found.factor_covariances,
        htmt=heterotrait_monotrait(correlations_of(fitted.covariance), scales),
        ave={
            name: float((standardized[own, factor] ** 2).mean())
            for factor, (name, own) in enumerate(zip(fitted.factors, scales, strict=True))
        },
        omega={
            name: _omega(found.loadings[own, factor], found.uniquenesses[own])
            for factor, (name, own) in enumerate(zip(fitted.factors, scales, strict=True))
        },
        parameter_covariance=covariance,
        heywood=fitted.heywood,
        method="maximum likelihood" + (", full information" if fitted.missing == "fiml" else ""),
        missing="every answer" if fitted.missing == "fiml" else "complete rows",
        warnings=_warnings(fit, fitted.heywood),
    )


def _omega(loadings: Floats, uniquenesses: Floats) -> float:
    common = float(loadings.sum()) ** 2
    return common / (common + float(uniquenesses.sum()))


def _parameter_covariance(fitted: FittedFactors) -> Floats:
    if fitted.missing == "listwise":
        return fitted.estimate.covariance
    information = observed_information([fitted.structure], fitted.samples, fitted.estimate.parameters)
    return np.asarray(np.linalg.inv(information) / fitted.estimate.n)


def _fit_of(fitted: FittedFactors, srmr: float) -> FitIndices:
    items, q = len(fitted.items), len(fitted.estimate.parameters)
    return fit_indices(
        Tested(
            model=fitted.estimate.log_likelihood,
            unrestricted=fitted.saturated,
            independent=independent_log_likelihood(fitted.samples, items),
            parameters=q,
            df=items * (items + 3) // 2 - q,
            baseline_df=items * (items - 1) // 2,
            groups=1,
            n=fitted.estimate.n,
        ),
        srmr,
    )


def independent_log_likelihood(samples: Sequence[Sample], items: int) -> float:
    """Log-likelihood when no item tells anything of another: each has its own mean and variance."""
    mean, variance = available_moments(samples, items)
    return sum(sample_log_likelihood(sample, mean[sample.items], np.diag(variance[sample.items])) for sample in samples)


def _warnings(fit: FitIndices, heywood: tuple[str, ...]) -> tuple[str, ...]:
    untestable = ("fit is not testable: no degrees of freedom",) if not fit.testable else ()
    few = (f"{fit.n_used} people are few for {fit.parameters} parameters",) if fit.n_used < 5 * fit.parameters else ()
    held = tuple(f"the uniqueness of {item} would be negative and is held at 0 (Heywood case)" for item in heywood)
    return untestable + few + held
