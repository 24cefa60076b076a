"""Means and covariances of answers, in one pass over blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.matrices import Floats, Numbers

BLOCK = 65_536
"""Rows read at a time: small enough to stay in the cache as float32."""

EXACT_IN_FLOAT32 = 15
"""The largest whole number whose squares, summed over a block, a float32 still holds exactly."""


_SINGULAR = 1e12
"""A condition number from which a correlation matrix has no inverse worth having."""


@dataclass(frozen=True)
class Moments:
    """Means of shape (k,), covariances of shape (k, k) with divisor n - 1, and what they rest on.

    `n` is the number of complete rows, or the smallest number of rows that any pair of items shares.
    """

    means: Floats
    covariance: Floats
    n: int
    missing: str


def complete_moments(values: Numbers) -> Moments:
    """Moments of the rows without a missing answer.

    Whole numbers are summed exactly; other numbers are shifted by their first rows' means before they are squared.
    """
    shift = _shift(values)
    columns = values.shape[1]
    products, sums, n = np.zeros((columns, columns)), np.zeros(columns), 0
    for block in blocks(values):
        rows = _numbers(block, shift)
        if block.dtype.kind == "f":
            gaps = np.isnan(rows).any(axis=1)
            rows = rows[~gaps] if gaps.any() else rows
        products += rows.T @ rows
        sums += rows.sum(axis=0, dtype=np.float64)
        n += len(rows)
    if n == 0:
        return Moments(np.full(columns, np.nan), np.full((columns, columns), np.nan), 0, "complete rows")
    covariance = (products - np.outer(sums, sums) / n) / (n - 1) if n > 1 else np.full_like(products, np.nan)
    return Moments(sums / n + shift, covariance, n, "complete rows")


def pairwise_moments(values: Numbers) -> Moments:
    """Moments in which each pair of items uses every row that answers both, as R's ``cov(use = "pairwise")``."""
    shift = _shift(values)
    columns = values.shape[1]
    products, sums, counts = (np.zeros((columns, columns)) for _ in range(3))
    for block in blocks(values):
        rows = _numbers(block, shift).astype(np.float64, copy=False)
        there = ~np.isnan(rows)
        filled, present = np.where(there, rows, 0.0), there.astype(np.float64)
        products += filled.T @ filled
        sums += filled.T @ present
        counts += present.T @ present
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = (products - sums * sums.T / counts) / (counts - 1)
        means = np.diag(sums) / np.diag(counts) + shift
    return Moments(means, covariance, int(counts.min()), "pairs of items")


def correlations_of(covariance: Floats) -> Floats:
    """Correlations; NaN beside an item that does not vary."""
    spreads = np.sqrt(np.diag(covariance))
    spreads = np.where(spreads > 0, spreads, np.nan)
    return np.asarray(covariance / np.outer(spreads, spreads))


def is_singular(covariance: Floats) -> bool:
    """Whether some item does not vary, or is told exactly by the others."""
    spreads = np.sqrt(np.diag(covariance))
    if not np.isfinite(covariance).all() or not (spreads > 0).all():
        return True
    return bool(np.linalg.cond(covariance / np.outer(spreads, spreads)) > _SINGULAR)


def blocks(values: Numbers) -> Iterator[Numbers]:
    """The rows of a matrix, `BLOCK` at a time."""
    for start in range(0, len(values), BLOCK):
        yield values[start : start + BLOCK]


def _shift(values: Numbers) -> Floats:
    """Something near each column's mean, so that squares lose no digits; nothing for whole numbers, which are exact."""
    if values.dtype.kind != "f" or not len(values):
        return np.zeros(values.shape[1])
    first = values[:BLOCK]
    there = ~np.isnan(first)
    sums = np.where(there, first, 0.0).sum(axis=0)
    return np.asarray(sums / np.maximum(there.sum(axis=0), 1))


def _numbers(block: Numbers, shift: Floats) -> NDArray[np.floating]:
    if block.dtype.kind == "f":
        return block - shift
    small = block.dtype.itemsize == 1 and np.abs(block, dtype=np.int16).max(initial=0) <= EXACT_IN_FLOAT32
    return block.astype(np.float32 if small else np.float64)
