"""The graded response model: how strongly and where each item tells people apart, and people's places with errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from scoring.errors import DidNotConverge, OutOfRange, ShapesDiffer
from scoring.graded_likelihood import SMALLEST, Coded, cumulative, gathered, height, normal_grid
from scoring.matrices import Floats, as_categories, names_of

NODES = 61
"""Points of theta from -6 to 6; already exact to 1e-4 in the log-likelihood."""

_STEPS = 2000


@dataclass(frozen=True)
class GradedModel:
    """A fitted model of k items with at most c categories.

    `discriminations` has shape (k,); `thresholds` (k, c - 1), rising, NaN beyond an item's own categories: the theta
    at which the next category or a higher one is as likely as not. Theta is standard normal.
    """

    items: tuple[str, ...]
    categories: tuple[tuple[float, ...], ...]
    discriminations: Floats
    thresholds: Floats
    log_likelihood: float
    parameters: int
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.n_used)) * self.parameters - 2 * self.log_likelihood


@dataclass(frozen=True)
class Places:
    """Each person's theta with its standard error, shape (n,); NaN where nothing was answered."""

    thetas: Floats
    standard_errors: Floats
    n_used: int
    method: str

    @property
    def reliability(self) -> float:
        """Empirical reliability: variance of the thetas over itself and the mean squared error."""
        known = ~np.isnan(self.thetas)
        spread = float(self.thetas[known].var(ddof=1))
        return spread / (spread + float((self.standard_errors[known] ** 2).mean()))


def fit_graded(answers: ArrayLike | pd.DataFrame, *, nodes: int = NODES) -> GradedModel:
    """Fit Samejima's graded response model by marginal maximum likelihood.

    ``P(Y >= c) = 1 / (1 + exp(-a (theta - b_c)))`` with theta standard normal on equally spaced nodes from -6 to 6
    (Samejima 1969, *Psychometrika* Monograph 17; Bock & Aitkin 1981; R: ``mirt(itemtype = "graded")``). The gradient is
    Fisher's identity; the climb is by BFGS. ``ltm::grm`` is no reference: its quadrature does not converge.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories; NaN where missing, which takes nothing from the person's other answers.
    nodes
        Points of theta.

    Raises
    ------
    NotACategory
        A fraction among the answers.
    TooFewAnswers
        Fewer than two items or an item without two categories in use.
    DidNotConverge
        No maximum was found.
    """
    values = as_categories(answers)
    coded, grid = Coded(values, names_of(answers, values.shape[1])), normal_grid(nodes)
    start = coded.start()
    scale = max(1, coded.people)

    def climb(parameters: Floats) -> tuple[float, Floats]:
        found = height(coded, *coded.split(parameters), *grid)
        gradient = np.concatenate([found.by_discrimination, *found.by_intercepts])
        return -found.log_likelihood / scale, -gradient / scale

    found = minimize(climb, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": _STEPS})
    if not found.success and float(np.abs(found.jac).max()) > 1e-5:
        raise DidNotConverge("The graded response model", _STEPS)
    discriminations, intercepts = coded.split(np.asarray(found.x))
    return GradedModel(
        items=names_of(answers, values.shape[1]),
        categories=coded.categories,
        discriminations=discriminations,
        thresholds=-intercepts / discriminations[:, None],
        log_likelihood=-float(found.fun) * scale,
        parameters=len(start),
        n_used=coded.people,
        method=f"graded response model, marginal maximum likelihood on {nodes} nodes",
        missing="every answer counts",
        warnings=("fewer than 500 people: parameters are rough",) if coded.people < 500 else (),
    )


def expected_a_posteriori(model: GradedModel, answers: ArrayLike | pd.DataFrame, *, nodes: int = NODES) -> Places:
    """Each person's place: mean and spread of theta given the answers.

    Bock & Mislevy 1982, *Applied Psychological Measurement* 6, 431-444 (R: ``mirt::fscores(method = "EAP")``).

    Parameters
    ----------
    answers
        Shape (n, k), the model's items in its order.

    Raises
    ------
    ShapesDiffer
        Not as many items as the model has.
    OutOfRange
        A category that the model has not seen.
    """
    codes = codes_of(model, answers)
    theta, weights = normal_grid(nodes)
    logs = sum(
        (gathered(np.log(probabilities(model, place, theta)), codes[:, place]) for place in range(len(model.items))),
        start=np.log(weights)[None, :] + np.zeros((len(codes), 1)),
    )
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    means = posterior @ theta
    spreads = np.sqrt(np.maximum(posterior @ theta**2 - means**2, 0.0))
    nothing = (codes < 0).all(axis=1)
    means[nothing] = spreads[nothing] = np.nan
    return Places(means, spreads, int((~nothing).sum()), f"expected a posteriori on {nodes} nodes")


def codes_of(model: GradedModel, answers: ArrayLike | pd.DataFrame) -> NDArray[np.intp]:
    """Answers as places in the model's categories, shape (n, k), -1 where missing.

    Raises
    ------
    ShapesDiffer
        Not as many items as the model has.
    OutOfRange
        A category that the model has not seen.
    """
    values = as_categories(answers)
    if values.shape[1] != len(model.items):
        raise ShapesDiffer(f"The model has {len(model.items)} items and the answers {values.shape[1]}.")
    codes = np.full(values.shape, -1, dtype=np.intp)
    for place, categories in enumerate(model.categories):
        for code, category in enumerate(categories):
            codes[values[:, place] == category, place] = code
        unseen = (codes[:, place] < 0) & ~np.isnan(values[:, place])
        if unseen.any():
            strange = float(values[unseen, place][0])
            raise OutOfRange(strange, categories[0], categories[-1], model.items[place])
    return codes


def information(model: GradedModel, thetas: ArrayLike) -> Floats:
    """Test information at given thetas: the sum over items of ``sum_c P_c'^2 / P_c``; its root is 1 / SE."""
    theta = np.atleast_1d(np.asarray(thetas, dtype=np.float64))
    total = np.zeros(len(theta))
    for place in range(len(model.items)):
        above = boundaries(model, place, theta)
        slopes = np.diff(model.discriminations[place] * above * (1 - above), axis=0)
        total += (slopes**2 / np.maximum(-np.diff(above, axis=0), SMALLEST)).sum(axis=0)
    return total


def expected_sum(model: GradedModel, thetas: ArrayLike) -> Floats:
    """The sum of answers to expect at given thetas, in units of the answers."""
    theta = np.atleast_1d(np.asarray(thetas, dtype=np.float64))
    return np.asarray(
        sum(np.array(model.categories[place]) @ probabilities(model, place, theta) for place in range(len(model.items)))
    )


def marginal_reliability(model: GradedModel) -> float:
    """``I / (I + 1)`` averaged over the normal distribution of theta (R: ``mirt::marginal_rxx``)."""
    theta, weights = normal_grid(401)
    found = information(model, theta)
    return float(weights @ (found / (found + 1)))


def boundaries(model: GradedModel, place: int, theta: Floats) -> Floats:
    """P(Y >= c) of one item for all boundaries, with 1 below and 0 above, shape (categories + 1, nodes)."""
    thresholds = model.thresholds[place, : len(model.categories[place]) - 1]
    return cumulative(model.discriminations[place], -model.discriminations[place] * thresholds, theta)


def probabilities(model: GradedModel, place: int, theta: Floats) -> Floats:
    """P(Y = c) of one item, shape (categories, nodes)."""
    return np.maximum(-np.diff(boundaries(model, place, theta), axis=0), SMALLEST)
