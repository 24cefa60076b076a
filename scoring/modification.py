"""What would make a factor model fit better: relations that it leaves out, by how much chi-squared would fall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.factor import FittedFactors, Scales, fit_factors
from scoring.likelihood import slope
from scoring.matrices import Floats
from scoring.structures import derivatives, matrices


@dataclass(frozen=True)
class Modification:
    """A relation between two items beyond their factors, or of an item with another's factor."""

    first: str
    second: str
    kind: str
    index: float


def modification_indices(answers: ArrayLike | pd.DataFrame, scales: Scales) -> tuple[Modification, ...]:
    """Every relation that the model of correlated factors leaves out, the most telling first.

    The score test of one more parameter: Sorbom 1989, *Psychometrika* 54, 371-384 (R: ``lavaan::modindices``). `kind`
    is ``residual`` for two items and ``loading`` for a factor (first) and an item (second).

    Raises
    ------
    TooFewAnswers, DidNotConverge, ShapesDiffer
        As `scoring.factor.correlated_factors`.
    """
    fitted = fit_factors(answers, scales)
    found = matrices(fitted.structure, fitted.estimate.parameters)
    inverse = np.linalg.inv(found.covariance)
    residual = inverse @ (fitted.covariance - found.covariance) @ inverse
    _, information = slope([fitted.structure], fitted.samples, fitted.estimate.parameters)
    _, known = derivatives(fitted.structure, found, len(fitted.estimate.parameters))
    solved = np.linalg.inv(information)
    indices = []
    for first, second, kind, change in _left_out(fitted, found.loadings @ found.factor_covariances):
        turned = inverse @ change @ inverse
        own = 0.5 * float((turned * change.T).sum())
        shared = 0.5 * np.einsum("ij,qji->q", turned, known)
        left = own - float(shared @ solved @ shared)
        gradient = 0.5 * float((residual * change).sum())
        indices.append(
            Modification(first, second, kind, fitted.estimate.n * gradient**2 / left if left > 1e-10 else 0.0)
        )
    return tuple(sorted(indices, key=lambda each: -each.index))


def _left_out(fitted: FittedFactors, reach: Floats) -> Iterator[tuple[str, str, str, Floats]]:
    """Each relation left out with the derivative of the covariances by it."""
    items = len(fitted.items)
    for first in range(items):
        for second in range(first + 1, items):
            change = np.zeros((items, items))
            change[first, second] = change[second, first] = 1.0
            yield fitted.items[first], fitted.items[second], "residual", change
        for factor, name in enumerate(fitted.factors):
            if fitted.factor_of[first] != factor:
                change = np.zeros((items, items))
                change[first, :] += reach[:, factor]
                change[:, first] += reach[:, factor]
                yield name, fitted.items[first], "loading", change
