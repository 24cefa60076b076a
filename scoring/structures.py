"""What a factor model says of means and covariances, with derivatives by its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.matrices import Floats

Places = NDArray[np.intp]
"""For each entry of a model's matrix, which parameter stands there; -1 where the entry is fixed."""


@dataclass(frozen=True)
class Structure:
    """A factor model of one group: where its parameters stand and what is fixed, for p items and m factors.

    Covariances are ``L P L' + diag(T)`` and means ``v + L a``, with loadings L (p, m), factor covariances P (m, m),
    uniquenesses T (p,), intercepts v (p,) and factor means a (m,).
    """

    loadings: Places
    fixed_loadings: Floats
    factor_covariances: Places
    fixed_factor_covariances: Floats
    uniquenesses: Places
    intercepts: Places
    factor_means: Places


@dataclass(frozen=True)
class Matrices:
    """A structure's matrices at given parameters."""

    loadings: Floats
    factor_covariances: Floats
    uniquenesses: Floats
    intercepts: Floats
    factor_means: Floats

    @property
    def covariance(self) -> Floats:
        """Implied covariances, shape (p, p)."""
        return np.asarray(self.loadings @ self.factor_covariances @ self.loadings.T + np.diag(self.uniquenesses))

    @property
    def mean(self) -> Floats:
        """Implied means, shape (p,)."""
        return np.asarray(self.intercepts + self.loadings @ self.factor_means)


class Numbering:
    """Gives out parameter numbers: a new one for each entry, or one for all that share a name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, name: str) -> int:
        """The number of the parameter of this name."""
        if name not in self._places:
            self._places[name] = len(self.names)
            self.names.append(name)
        return self._places[name]

    def fill(self, shape: tuple[int, ...], free: NDArray[np.bool_], name: Callable[..., str]) -> Places:
        """Numbers for the free entries of a matrix, named by their position, and -1 elsewhere."""
        places = np.full(shape, -1, dtype=np.intp)
        for position in zip(*np.nonzero(free), strict=True):
            places[position] = self.place(name(*(int(index) for index in position)))
        return places


def matrices(structure: Structure, parameters: Floats) -> Matrices:
    """The structure's matrices with the parameters in their places."""
    return Matrices(
        loadings=_filled(structure.loadings, structure.fixed_loadings, parameters),
        factor_covariances=_filled(structure.factor_covariances, structure.fixed_factor_covariances, parameters),
        uniquenesses=_filled(structure.uniquenesses, 0.0, parameters),
        intercepts=_filled(structure.intercepts, 0.0, parameters),
        factor_means=_filled(structure.factor_means, 0.0, parameters),
    )


def derivatives(structure: Structure, found: Matrices, parameters: int) -> tuple[Floats, Floats]:
    """Derivatives of the implied means, shape (q, p), and covariances, shape (q, p, p), by q parameters."""
    items, factors = structure.loadings.shape
    means = np.zeros((parameters, items))
    covariances = np.zeros((parameters, items, items))
    reach = found.loadings @ found.factor_covariances
    for item, factor in zip(*np.nonzero(structure.loadings >= 0), strict=True):
        place = structure.loadings[item, factor]
        covariances[place, item, :] += reach[:, factor]
        covariances[place, :, item] += reach[:, factor]
        means[place, item] += found.factor_means[factor]
    for first in range(factors):
        if structure.factor_means[first] >= 0:
            means[structure.factor_means[first]] += found.loadings[:, first]
        for second in range(first + 1):
            place = structure.factor_covariances[first, second]
            if place >= 0:
                product = np.outer(found.loadings[:, first], found.loadings[:, second])
                covariances[place] += product if first == second else product + product.T
    for item in np.flatnonzero(structure.uniquenesses >= 0):
        covariances[structure.uniquenesses[item], item, item] += 1
    for item in np.flatnonzero(structure.intercepts >= 0):
        means[structure.intercepts[item], item] += 1
    return means, covariances


def _filled(places: Places, fixed: Floats | float, parameters: Floats) -> Floats:
    return np.where(places >= 0, parameters[np.maximum(places, 0)] if len(parameters) else 0.0, fixed)
