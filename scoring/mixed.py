"""Linear models with random intercepts, for growth over waves and for teams within authorities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.matrices import Floats, as_floats, group_codes

_STEPS = 400
"""Tries a grouping."""


@dataclass(frozen=True)
class MixedModel:
    """Fixed effects with errors, a variance for each grouping and for the residual, and each group's effect."""

    effects: Mapping[str, float]
    effect_errors: Mapping[str, float]
    variances: Mapping[str, float]
    residual: float
    group_effects: Mapping[str, Mapping[Any, float]]
    log_likelihood: float
    n_used: int
    method: str
    warnings: tuple[str, ...]


def random_intercepts(
    values: ArrayLike, groupings: Mapping[str, ArrayLike], predictors: Mapping[str, ArrayLike] | None = None
) -> MixedModel:
    """Fit ``value = intercept + predictors + one random intercept a grouping + error`` by REML.

    Penalised least squares with the deviance profiled over the relative spreads, as in Bates, Maechler, Bolker & Walker
    2015, *Journal of Statistical Software* 67(1) (R: ``lme4::lmer``). Groupings may be nested, if the labels of the
    inner one are unique, or crossed. Meant for up to a few thousand groups: the equations are dense.

    Parameters
    ----------
    values
        Shape (n,); NaN where missing.
    groupings
        By name, labels of shape (n,).
    predictors
        By name, numbers of shape (n,). An intercept is always there.

    Raises
    ------
    TooFewAnswers
        No more rows than effects.
    DidNotConverge
        No stable answer.
    """
    columns = {"intercept": np.ones(len(np.asarray(values)))} | {
        name: as_floats(numbers)[:, 0] for name, numbers in (predictors or {}).items()
    }
    design = np.column_stack(list(columns.values()))
    outcome = as_floats(values)[:, 0]
    coded = {name: group_codes(labels, len(outcome)) for name, labels in groupings.items()}
    used = ~np.isnan(outcome) & ~np.isnan(design).any(axis=1)
    for codes, _ in coded.values():
        used &= codes >= 0
    if used.sum() <= design.shape[1] + 1:
        raise TooFewAnswers(f"{used.sum()} rows are too few for {design.shape[1]} effects.")
    indicators = [np.eye(len(labels))[codes[used]] for codes, labels in coded.values()]
    equations = _Equations(outcome[used], design[used], np.column_stack(indicators), [z.shape[1] for z in indicators])
    spreads = _best_spreads(equations)
    return _model(equations, spreads, list(columns), {name: labels for name, (_, labels) in coded.items()})


class _Equations:
    """The mixed model equations; the deviance and estimates at given relative spreads."""

    def __init__(self, outcome: Floats, design: Floats, indicators: Floats, widths: list[int]) -> None:
        self.n, self.fixed, self.widths = len(outcome), design.shape[1], widths
        self.squares = float(outcome @ outcome)
        self.design_outcome, self.indicators_outcome = design.T @ outcome, indicators.T @ outcome
        self.design_design, self.indicators_design = design.T @ design, indicators.T @ design
        self.indicators_indicators = indicators.T @ indicators

    def solve(self, spreads: Floats) -> tuple[float, float, Floats, Floats, Floats]:
        """Deviance, residual variance, fixed effects, their covariance, and the groups' effects."""
        scale = np.repeat(spreads, self.widths)
        lower = np.linalg.cholesky(scale[:, None] * self.indicators_indicators * scale + np.eye(len(scale)))
        whitened_design = solve_triangular(lower, scale[:, None] * self.indicators_design, lower=True)
        whitened_outcome = solve_triangular(lower, scale * self.indicators_outcome, lower=True)
        left = self.design_design - whitened_design.T @ whitened_design
        factor = cho_factor(left)
        effects = cho_solve(factor, self.design_outcome - whitened_design.T @ whitened_outcome)
        penalised = self.squares - whitened_outcome @ whitened_outcome - effects @ left @ effects
        freedom = self.n - self.fixed
        residual = float(penalised / freedom)
        deviance = (
            2 * float(np.log(np.diag(lower)).sum())
            + 2 * float(np.log(np.abs(np.diag(factor[0]))).sum())
            + freedom * (1 + log(2 * pi * residual))
        )
        groups = scale * solve_triangular(lower.T, whitened_outcome - whitened_design @ effects)
        return deviance, residual, effects, cho_solve(factor, np.eye(self.fixed)) * residual, groups


def _best_spreads(equations: _Equations) -> Floats:
    start = np.full(len(equations.widths), 0.5)

    def deviance(spreads: Floats) -> float:
        return equations.solve(np.abs(spreads))[0]

    steps = _STEPS * len(start)
    found = minimize(deviance, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": steps})
    if not found.success:
        raise DidNotConverge("The mixed model", steps)
    return np.asarray(np.abs(found.x))


def _model(
    equations: _Equations, spreads: Floats, names: list[str], labels: Mapping[str, tuple[Any, ...]]
) -> MixedModel:
    deviance, residual, effects, covariance, groups = equations.solve(spreads)
    parts = np.split(groups, np.cumsum(equations.widths)[:-1])
    variances = {name: float(spread**2 * residual) for name, spread in zip(labels, spreads, strict=True)}
    return MixedModel(
        effects=dict(zip(names, map(float, effects), strict=True)),
        effect_errors=dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True)),
        variances=variances,
        residual=residual,
        group_effects={
            name: dict(zip(own, map(float, part), strict=True))
            for (name, own), part in zip(labels.items(), parts, strict=True)
        },
        log_likelihood=-deviance / 2,
        n_used=equations.n,
        method="random intercepts, REML",
        warnings=tuple(
            f"{name} differ no more than chance" for name, found in variances.items() if found < 1e-8 * residual
        ),
    )
