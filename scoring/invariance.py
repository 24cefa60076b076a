"""Whether a scale means the same in several groups: versions, authorities, waves, or ways of answering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.factor import Scales, columns_of, independent_log_likelihood, starting_loadings
from scoring.fit_indices import FitIndices, Tested, fit_indices, standardised_residual
from scoring.likelihood import Sample, maximise, sample_log_likelihood, samples_of
from scoring.matrices import Floats, as_floats, group_codes, names_of
from scoring.structures import Matrices, Numbering, Structure, matrices

PEOPLE_NEEDED = 150
"""In every group, below which nothing is tested: too few people make any two groups look alike."""

WORST_CFI, WORST_RMSEA = -0.010, 0.015
"""Chen 2007, *Structural Equation Modeling* 14, 464-504; Cheung & Rensvold 2002, the same 9, 233-255."""


class Level(StrEnum):
    """What is held equal across groups, each with all before it."""

    CONFIGURAL = "configural"
    METRIC = "metric"
    SCALAR = "scalar"
    STRICT = "strict"


@dataclass(frozen=True)
class Step:
    """One model and how much worse it fits than the one before; `holds` by the changes of CFI and RMSEA."""

    level: Level
    fit: FitIndices
    delta_chi2: float | None
    delta_df: int | None
    delta_p: float | None
    delta_cfi: float | None
    delta_rmsea: float | None
    delta_srmr: float | None
    holds: bool
    groups: tuple[Matrices, ...]

    @property
    def chi2(self) -> float:
        """Chi-squared of the model."""
        return self.fit.chi2

    @property
    def df(self) -> int:
        """Degrees of freedom of the model."""
        return self.fit.df

    @property
    def cfi(self) -> float:
        """Comparative fit index of the model."""
        return self.fit.cfi

    @property
    def rmsea(self) -> float:
        """Root mean square error of approximation of the model."""
        return self.fit.rmsea


@dataclass(frozen=True)
class Invariance:
    """The models from the loosest to the strictest, and how far the groups are alike.

    `level` is the last that holds without a break before it, None where not even the configural model was tested. Where
    it is not testable, `reason` says why and the steps are None. `latent_means` are the factors' means in the scalar
    model, by group, the first group's being 0.
    """

    testable: bool
    reason: str | None
    level: Level | None
    verdict: str
    configural: Step | None
    metric: Step | None
    scalar: Step | None
    strict: Step | None
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]
    latent_means: tuple[Floats, ...]
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]


def test(
    answers: ArrayLike | pd.DataFrame,
    scales: Scales,
    groups: ArrayLike,
    *,
    people_needed: int = PEOPLE_NEEDED,  # noqa: PT028 - the contract's name is no test of pytest's
) -> Invariance:
    """Test measurement invariance step by step.

    Configural (the same items on the same factors), metric (equal loadings), scalar (equal intercepts), strict (equal
    uniquenesses), by maximum likelihood on complete rows, the first item of each scale marking its factor (R:
    ``lavaan::cfa(group = , group.equal = )``). A step holds if CFI falls by at most .010 and RMSEA rises by at most
    .015 (Chen 2007): with thousands of people chi-squared finds differences that do not matter.

    Parameters
    ----------
    answers
        Shape (n, p), in the scored direction.
    scales
        Items by scale; one of three items or several of two or more.
    groups
        Shape (n,), one label a person; rows without one are left out.
    people_needed
        In every group; below it the verdict is "not testable".

    Raises
    ------
    ShapesDiffer
        Labels do not match rows, or a scale names an item that is not there.
    """
    places = columns_of(answers, scales)
    chosen = [place for items in places.values() for place in items]
    values = as_floats(answers)
    codes, labels = group_codes(groups, len(values))
    used = ~np.isnan(values[:, chosen]).any(axis=1) & (codes >= 0)
    parts = [values[used & (codes == code)][:, chosen] for code in range(len(labels))]
    sizes = tuple(len(part) for part in parts)
    names = names_of(answers, values.shape[1])
    reason = _why_not(parts, [names[place] for place in chosen], labels, people_needed)
    factor_of = np.repeat(np.arange(len(places)), [len(items) for items in places.values()])
    if reason is None and len(chosen) == 3 and len(places) == 1:
        return _steps(
            parts, factor_of, labels, ("three items alone fit any group perfectly: configural is not a test",)
        )
    return _not_testable(reason, labels, sizes) if reason else _steps(parts, factor_of, labels, ())


test.__test__ = False  # type: ignore[attr-defined]  # nor may pytest collect it


def _why_not(parts: Sequence[Floats], names: Sequence[str], labels: Sequence[Any], needed: int) -> str | None:
    if len(parts) < 2:
        return "there are fewer than two groups"
    for part, label in zip(parts, labels, strict=True):
        if len(part) < max(needed, part.shape[1] + 1):
            return f"group {label} has {len(part)} complete answers; {needed} are needed in every group"
        constant = np.flatnonzero(part.var(axis=0) == 0)
        if len(constant):
            return f"everybody in group {label} gave the same answer to {names[constant[0]]}"
    if len(names) < 3:
        return "a scale needs three items"
    return None


def _not_testable(reason: str, labels: tuple[Any, ...], sizes: tuple[int, ...]) -> Invariance:
    return Invariance(
        testable=False,
        reason=reason,
        level=None,
        verdict=f"not testable: {reason}",
        configural=None,
        metric=None,
        scalar=None,
        strict=None,
        labels=labels,
        sizes=sizes,
        latent_means=(),
        n_used=sum(sizes),
        method="multiple-group factor analysis, maximum likelihood",
        missing="complete rows",
        warnings=(),
    )


def _steps(
    parts: Sequence[Floats], factor_of: NDArray[np.intp], labels: tuple[Any, ...], warnings: tuple[str, ...]
) -> Invariance:
    samples = [sample for group, part in enumerate(parts) for sample in samples_of(part, group)]
    sizes = tuple(sample.n for sample in samples)
    steps: dict[Level, Step] = {}
    for level in Level:
        try:
            steps[level] = _step(level, samples, factor_of, steps)
        except DidNotConverge:
            return _not_testable(f"the {level} model found no stable answer", labels, sizes)
    reached = _reached(steps)
    scalar = steps[Level.SCALAR]
    return Invariance(
        testable=True,
        reason=None,
        level=reached,
        verdict=_VERDICTS[reached],
        configural=steps[Level.CONFIGURAL],
        metric=steps[Level.METRIC],
        scalar=scalar,
        strict=steps[Level.STRICT],
        labels=labels,
        sizes=sizes,
        latent_means=tuple(group.factor_means for group in scalar.groups),
        n_used=sum(sizes),
        method="multiple-group factor analysis, maximum likelihood; steps judged by CFI and RMSEA (Chen 2007)",
        missing="complete rows",
        warnings=warnings,
    )


_VERDICTS = {
    Level.CONFIGURAL: "the items hang together alike, but not equally strongly: scores are not comparable",
    Level.METRIC: "the items weigh alike, but some are answered higher in one group: means are not comparable",
    Level.SCALAR: "scores mean the same: means may be compared",
    Level.STRICT: "scores mean the same and are equally precise",
}


def _step(level: Level, samples: list[Sample], factor_of: NDArray[np.intp], before: dict[Level, Step]) -> Step:
    structures, start = _structures(level, samples, factor_of)
    estimate = maximise(structures, samples, start, what=f"The {level} model")
    found = tuple(matrices(structure, estimate.parameters) for structure in structures)
    items, groups, q = len(factor_of), len(samples), len(estimate.parameters)
    own = np.arange(items)
    fit = fit_indices(
        Tested(
            model=estimate.log_likelihood,
            unrestricted=sum(sample_log_likelihood(sample, sample.mean, sample.covariance) for sample in samples),
            independent=sum(independent_log_likelihood([sample], items) for sample in samples),
            parameters=q,
            df=groups * items * (items + 3) // 2 - q,
            baseline_df=groups * items * (items - 1) // 2,
            groups=groups,
            n=estimate.n,
        ),
        srmr=sum(
            sample.n * standardised_residual(sample.mean[own], sample.covariance, group.mean, group.covariance)
            for sample, group in zip(samples, found, strict=True)
        )
        / estimate.n,
    )
    if not before:
        return Step(level, fit, None, None, None, None, None, None, holds=True, groups=found)
    previous = before[list(before)[-1]].fit
    chi2, df = fit.chi2 - previous.chi2, fit.df - previous.df
    cfi, rmsea = fit.cfi - previous.cfi, fit.rmsea - previous.rmsea
    return Step(
        level,
        fit,
        delta_chi2=chi2,
        delta_df=df,
        delta_p=float(chdtrc(df, max(chi2, 0.0))),
        delta_cfi=cfi,
        delta_rmsea=rmsea,
        delta_srmr=fit.srmr - previous.srmr,
        holds=cfi >= WORST_CFI and rmsea <= WORST_RMSEA,
        groups=found,
    )


def _reached(steps: dict[Level, Step]) -> Level:
    reached = Level.CONFIGURAL
    for loose, strict in pairwise(Level):
        if reached is loose and steps[strict].holds:
            reached = strict
    return reached


def _structures(level: Level, samples: list[Sample], factor_of: NDArray[np.intp]) -> tuple[list[Structure], Floats]:
    """A structure a group, with parameters shared as the level says, and starting values."""
    items, factors = len(factor_of), int(factor_of.max()) + 1
    if any(count < 2 for count in np.bincount(factor_of)):
        raise TooFewAnswers("A scale needs two items or more.")
    numbering = Numbering()
    belongs = factor_of[:, None] == np.arange(factors)
    markers = np.array([np.flatnonzero(factor_of == factor)[0] for factor in range(factors)])
    fixed = np.zeros((items, factors))
    fixed[markers, np.arange(factors)] = 1.0
    reached = list(Level).index(level)

    def shared(kind: str, from_level: Level, group: int) -> str:
        return kind if reached >= list(Level).index(from_level) else f"{kind} of {group}"

    structures = []
    for group in range(len(samples)):
        loading, intercept = shared("loading", Level.METRIC, group), shared("intercept", Level.SCALAR, group)
        uniqueness = shared("uniqueness", Level.STRICT, group)
        free_means = reached >= list(Level).index(Level.SCALAR) and group > 0
        structures.append(
            Structure(
                loadings=numbering.fill((items, factors), belongs & (fixed == 0), _named(loading)),
                fixed_loadings=fixed,
                factor_covariances=numbering.fill(
                    (factors, factors), np.ones((factors, factors), bool), _pair_named(f"factors of {group}")
                ),
                fixed_factor_covariances=np.zeros((factors, factors)),
                uniquenesses=numbering.fill((items,), np.ones(items, bool), _named(uniqueness)),
                intercepts=numbering.fill((items,), np.ones(items, bool), _named(intercept)),
                factor_means=numbering.fill((factors,), np.full(factors, free_means), _named(f"mean of {group}")),
            )
        )
    return structures, _start(structures, samples, factor_of, markers, len(numbering.names))


def _start(
    structures: Sequence[Structure],
    samples: Sequence[Sample],
    factor_of: NDArray[np.intp],
    markers: NDArray[np.intp],
    parameters: int,
) -> Floats:
    start = np.zeros(parameters)
    for structure, sample in zip(structures, samples, strict=True):
        for factor, marker in enumerate(markers):
            own = np.flatnonzero(factor_of == factor)
            loadings = starting_loadings(sample.covariance[np.ix_(own, own)])
            first = loadings[list(own).index(marker)]
            scale = first if abs(first) > 1e-3 else 1e-3
            free = structure.loadings[own, factor] >= 0
            start[structure.loadings[own, factor][free]] = (loadings / scale)[free]
            start[structure.factor_covariances[factor, factor]] = scale**2
            spread = np.diag(sample.covariance)[own]
            start[structure.uniquenesses[own]] = np.maximum(spread - loadings**2, 0.2 * spread)
        start[structure.intercepts] = sample.mean
    return start


def _named(kind: str) -> Any:  # a function from a position to a name
    return lambda *position: f"{kind} {position}"


def _pair_named(kind: str) -> Any:  # a function from a pair to a name, the same for both orders
    return lambda *pair: f"{kind} {min(pair)} {max(pair)}"
