"""How much of the spread lies between groups: moments by group, and the one-way analysis of variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import TooFewAnswers
from scoring.matrices import Floats, values_by_group


@dataclass(frozen=True)
class GroupMoments:
    """Values by group: labels, counts, means, and sums of squared distances from the mean, each of shape (J,)."""

    labels: tuple[Any, ...]
    counts: NDArray[np.int64]
    means: Floats
    squares: Floats

    @property
    def n(self) -> int:
        """All values."""
        return int(self.counts.sum())

    @property
    def grand_mean(self) -> float:
        """The mean of all values."""
        return float(self.counts @ self.means / self.n)


@dataclass(frozen=True)
class OneWay:
    """Mean squares between and within groups, and the ANOVA's average group size n0."""

    mean_square_between: float
    mean_square_within: float
    groups: int
    n: int
    n0: float

    @property
    def f(self) -> float:
        """Mean square between over mean square within."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.divide(self.mean_square_between, self.mean_square_within))

    @property
    def mean_size(self) -> float:
        """People a group, on average."""
        return self.n / self.groups

    @property
    def eta_squared(self) -> float:
        """The share of the sum of squares that lies between groups."""
        between = self.mean_square_between * (self.groups - 1)
        return between / (between + self.mean_square_within * (self.n - self.groups))


def group_moments(values: ArrayLike, groups: ArrayLike) -> GroupMoments:
    """Moments by group; rows without a value or a label are left out."""
    numbers, codes, labels = values_by_group(values, groups)
    counts = np.bincount(codes, minlength=len(labels)).astype(np.int64)
    means = np.bincount(codes, numbers, len(labels)) / np.maximum(counts, 1)
    squares = np.bincount(codes, (numbers - means[codes]) ** 2, len(labels))
    return GroupMoments(labels, counts, np.asarray(means), np.asarray(squares, dtype=np.float64))


def one_way(moments: GroupMoments) -> OneWay:
    """One-way analysis of variance.

    ``n0 = (N - sum(n_j^2) / N) / (J - 1)`` is the group size that keeps expected mean squares right when sizes differ.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups, or nobody beyond one a group.
    """
    groups, n = len(moments.labels), moments.n
    if groups < 2 or n <= groups:
        raise TooFewAnswers(f"Groups are compared from two groups on, one of them of two people; these are {groups}.")
    between = float(moments.counts @ (moments.means - moments.grand_mean) ** 2)
    return OneWay(
        mean_square_between=between / (groups - 1),
        mean_square_within=float(moments.squares.sum()) / (n - groups),
        groups=groups,
        n=n,
        n0=(n - float(moments.counts @ moments.counts) / n) / (groups - 1),
    )
