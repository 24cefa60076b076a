"""Factor models of several groups at once, with more and more held equal across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from scoring.errors import TooFewAnswers
from scoring.factor import independent_log_likelihood, starting_loadings
from scoring.fit_indices import FitIndices, Tested, fit_indices, standardised_residual
from scoring.likelihood import Estimate, Sample, maximise, sample_log_likelihood
from scoring.matrices import Floats
from scoring.structures import Matrices, Numbering, Structure, matrices

WORST_CFI, WORST_RMSEA = -0.010, 0.015
"""How far CFI may fall, and RMSEA rise from a model that could be tested.

Chen 2007, *Structural Equation Modeling* 14, 464-504; Cheung & Rensvold 2002, the same 9, 233-255.
"""


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
class Freed:
    """Items whose loading or intercept is left to differ between groups although the level holds it equal."""

    loadings: frozenset[int] = field(default_factory=frozenset)
    intercepts: frozenset[int] = field(default_factory=frozenset)


NOTHING_FREED = Freed()


def fit_level(
    level: Level,
    samples: Sequence[Sample],
    factor_of: NDArray[np.intp],
    previous: FitIndices | None,
    freed: Freed = NOTHING_FREED,
) -> Step:
    """Fit one level, one sample a group, and judge it by how much worse it fits than `previous`.

    Raises
    ------
    DidNotConverge
        No stable answer.
    TooFewAnswers
        A factor of fewer than two items.
    """
    structures, start = _structures(level, samples, factor_of, freed)
    estimate = maximise(structures, samples, start, what=f"The {level} model")
    found = tuple(matrices(structure, estimate.parameters) for structure in structures)
    fit = _fit(estimate, samples, found)
    if previous is None:
        return Step(level, fit, None, None, None, None, None, None, holds=True, groups=found)
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
        holds=cfi >= WORST_CFI and (rmsea <= WORST_RMSEA or not previous.df),
        groups=found,
    )


def _fit(estimate: Estimate, samples: Sequence[Sample], found: Sequence[Matrices]) -> FitIndices:
    items, groups, q = len(samples[0].mean), len(samples), len(estimate.parameters)
    residuals = [
        sample.n * standardised_residual(sample.mean, sample.covariance, group.mean, group.covariance)
        for sample, group in zip(samples, found, strict=True)
    ]
    return fit_indices(
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
        srmr=sum(residuals) / estimate.n,
    )


def _structures(
    level: Level, samples: Sequence[Sample], factor_of: NDArray[np.intp], freed: Freed
) -> tuple[list[Structure], Floats]:
    """A structure a group, with parameters shared as the level says, and starting values."""
    factors = int(factor_of.max()) + 1
    if any(count < 2 for count in np.bincount(factor_of)):
        raise TooFewAnswers("A scale needs two items or more.")
    numbering = Numbering()
    markers = np.array([_marker(factor_of, factor, freed) for factor in range(factors)])
    structures = [
        _structure(_Names(level, group, freed), numbering, factor_of, markers) for group in range(len(samples))
    ]
    return structures, _start(structures, samples, factor_of, markers, len(numbering.names))


def _marker(factor_of: NDArray[np.intp], factor: int, freed: Freed) -> int:
    """The first item of a factor whose loading is not left to differ: it gives the factor its unit."""
    return next(int(item) for item in np.flatnonzero(factor_of == factor) if int(item) not in freed.loadings)


@dataclass(frozen=True)
class _Names:
    """What a group's parameters are called at a level: those of one name are one parameter."""

    level: Level
    group: int
    freed: Freed

    def reaches(self, level: Level) -> bool:
        return list(Level).index(self.level) >= list(Level).index(level)

    def of(self, kind: str, from_level: Level, apart: frozenset[int] = frozenset()) -> Callable[..., str]:
        """Names that groups share from a level on, but for items that are left to differ."""
        shared = self.reaches(from_level)
        return lambda *at: f"{kind} {at}" + ("" if shared and at[0] not in apart else f" of {self.group}")

    def own(self, kind: str) -> Callable[..., str]:
        """Names of this group's alone; of a pair the same in either order."""
        return lambda *at: f"{kind} {sorted(at)} of {self.group}"


def _structure(
    names: _Names, numbering: Numbering, factor_of: NDArray[np.intp], markers: NDArray[np.intp]
) -> Structure:
    items, factors = len(factor_of), len(markers)
    belongs, every_item = factor_of[:, None] == np.arange(factors), np.ones(items, dtype=bool)
    fixed = np.zeros((items, factors))
    fixed[markers, np.arange(factors)] = 1.0
    means_differ = np.full(factors, names.reaches(Level.SCALAR) and names.group > 0)
    return Structure(
        loadings=numbering.fill(
            (items, factors), belongs & (fixed == 0), names.of("loading", Level.METRIC, names.freed.loadings)
        ),
        fixed_loadings=fixed,
        factor_covariances=numbering.fill(
            (factors, factors), np.ones((factors, factors), dtype=bool), names.own("factors")
        ),
        fixed_factor_covariances=np.zeros((factors, factors)),
        uniquenesses=numbering.fill((items,), every_item, names.of("uniqueness", Level.STRICT)),
        intercepts=numbering.fill((items,), every_item, names.of("intercept", Level.SCALAR, names.freed.intercepts)),
        factor_means=numbering.fill((factors,), means_differ, names.own("mean")),
    )


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
