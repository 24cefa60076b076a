"""Signs that somebody may not have read the items; never a reason to delete an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from scoring.errors import ShapesDiffer, TooFewAnswers
from scoring.matrices import Floats, as_floats
from scoring.moments import is_singular, pairwise_moments

SECONDS_PER_ITEM = 2.0
"""Faster than this nobody reads an item: Huang et al. 2012, *Journal of Business and Psychology* 27, 99-114."""


@dataclass(frozen=True)
class CarelessFlags:
    """For each person: the same answer throughout, faster than one reads, and both; arrays of shape (n,)."""

    straight: NDArray[np.bool_]
    fast: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    n_used: int
    method: str
    warnings: tuple[str, ...]


def longstring(answers: ArrayLike | pd.DataFrame) -> NDArray[np.int64]:
    """The longest run of equal answers; a missing answer ends a run and is a run of one.

    Source: Johnson 2005, *Journal of Research in Personality* 39, 103-129 (R: ``careless::longstring``).

    Parameters
    ----------
    answers
        Shape (n, k), raw and in the order asked.

    Returns
    -------
    numpy.ndarray
        Shape (n,).

    Examples
    --------
    >>> longstring([[3, 3, 3, 4], [1, np.nan, np.nan, 2]])
    array([3, 1])
    """
    same = _same_as_before(as_floats(answers))
    longest = np.ones(len(same), dtype=np.int64)
    running = np.ones(len(same), dtype=np.int64)
    for column in same.T:
        running = np.where(column, running + 1, 1)
        longest = np.maximum(longest, running)
    return longest


def average_string(answers: ArrayLike | pd.DataFrame) -> Floats:
    """The mean length of the runs of equal answers (R: ``careless::longstring(avg = TRUE)``), shape (n,)."""
    same = _same_as_before(as_floats(answers))
    return np.asarray((same.shape[1] + 1) / (1 + (~same).sum(axis=1)))


def intra_individual_sd(answers: ArrayLike | pd.DataFrame) -> Floats:
    """Spread of a person's answers, with divisor n - 1 as R's ``careless::irv``; other Python libraries divide by n.

    Source: Dunn, Heggestad, Shanock & Theilgard 2018, *Journal of Business and Psychology* 33, 105-121. NaN below two
    answers. Shape (n,), in units of the answers.
    """
    values = as_floats(answers)
    there = ~np.isnan(values)
    n = there.sum(axis=1)
    filled = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(there, values - (filled.sum(axis=1) / n)[:, None], 0.0)
        return np.asarray(np.sqrt(np.where(n > 1, (centred**2).sum(axis=1) / (n - 1), np.nan)))


def flags(
    answers: ArrayLike | pd.DataFrame, seconds: ArrayLike | None = None, *, per_item: float = SECONDS_PER_ITEM
) -> CarelessFlags:
    """Flag people who gave one answer throughout *and* were faster than one reads.

    On a dozen items in one direction straight-lining can be honest, so neither alone is a flag (Bowling et al. 2023,
    *Organizational Research Methods* 26, 323-352). Results are shown with and without the flagged; nobody is deleted.

    Parameters
    ----------
    answers
        Shape (n, k), raw and in the order asked.
    seconds
        Shape (n,), the time each person took; NaN or None where unknown, and then nobody is flagged as fast.
    per_item
        Seconds an item below which nobody reads it.

    Raises
    ------
    ShapesDiffer
        There is not one time a person.
    """
    values = as_floats(answers)
    times = np.full(len(values), np.nan) if seconds is None else np.asarray(seconds, dtype=np.float64)
    if times.shape != (len(values),):
        raise ShapesDiffer(f"There are {len(values)} people and {times.size} times; give one time for each person.")
    answered = (~np.isnan(values)).sum(axis=1)
    straight = (answered == values.shape[1]) & (longstring(values) == values.shape[1])
    with np.errstate(invalid="ignore"):
        fast = times < per_item * answered
    unknown = "times are not known, so nobody is flagged" if np.isnan(times).all() else ""
    return CarelessFlags(
        straight=straight,
        fast=fast,
        flagged=straight & fast,
        n_used=len(values),
        method=f"one answer throughout and under {per_item:g} s an item",
        warnings=(unknown,) if unknown else (),
    )


def mahalanobis(answers: ArrayLike | pd.DataFrame) -> Floats:
    """Squared distance of a person's answers from the middle of all (R: ``careless::mahad``), shape (n,).

    Missing answers count as nothing, and the covariances are pairwise, as in R's ``psych::outlier``.

    Raises
    ------
    TooFewAnswers
        An item does not vary or is told by the others, or too few people answered.
    """
    values = as_floats(answers)
    moments = pairwise_moments(values)
    centred = np.nan_to_num(values - moments.means)
    if is_singular(moments.covariance):
        raise TooFewAnswers("Items that do not vary, or that tell one another, have no distance from the middle.")
    return np.asarray(np.einsum("ij,jk,ik->i", centred, np.linalg.inv(moments.covariance), centred))


def mahalanobis_cutoff(items: int, confidence: float = 0.99) -> float:
    """The distance that a careful person exceeds with probability 1 - confidence: chi-squared with k degrees."""
    return float(chdtri(items, 1 - confidence))


def even_odd(answers: ArrayLike | pd.DataFrame, scale_sizes: Sequence[int]) -> Floats:
    """Inconsistency between the even and odd items of each scale (R: ``careless::evenodd``).

    The correlation over scales of the even half's means with the odd half's, stepped up by Spearman-Brown, at least -1,
    and with its sign turned round: 1 is the least consistent. Source: Johnson 2005.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction, sorted by scale.
    scale_sizes
        The number of items of each scale, in that order.

    Returns
    -------
    numpy.ndarray
        Shape (n,); NaN where a half does not vary.
    """
    values = as_floats(answers)
    if sum(scale_sizes) != values.shape[1] or len(scale_sizes) < 2:
        raise ShapesDiffer(f"Scales of {list(scale_sizes)} items are not the {values.shape[1]} columns of two or more.")
    bounds = np.cumsum([0, *scale_sizes])
    scales = [values[:, start:stop] for start, stop in pairwise(bounds)]
    even, odd = (np.column_stack([_row_means(scale[:, first::2]) for scale in scales]) for first in (1, 0))
    halves = _row_correlations(even, odd)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(-np.maximum(2 * halves / (1 + halves), -1.0))


def synonyms(answers: ArrayLike | pd.DataFrame, critical: float = 0.60) -> Floats:
    """Within-person correlation over pairs of items that correlate above `critical` (R: ``careless::psychsyn``).

    Source: Meade & Craig 2012, *Psychological Methods* 17, 437-455. Shape (n,); NaN where a person's answers to either
    side do not vary. R then tries random other orders of the pairs; we do not, so that the figure stays the same.
    """
    values = as_floats(answers)
    correlations = pd.DataFrame(values).corr().to_numpy()
    first, second = np.nonzero(np.tril(correlations, -1) > critical)
    return _row_correlations(values[:, first], values[:, second])


def _same_as_before(values: Floats) -> NDArray[np.bool_]:
    return np.asarray(values[:, 1:] == values[:, :-1])


def _row_means(values: Floats) -> Floats:
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis=1) / there.sum(axis=1))


def _row_correlations(left: Floats, right: Floats) -> Floats:
    both = ~np.isnan(left) & ~np.isnan(right)
    n = both.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = [
            np.where(both, side - (np.where(both, side, 0.0).sum(axis=1) / n)[:, None], 0.0) for side in (left, right)
        ]
        spread = [(side**2).sum(axis=1) for side in centred]
        products = (centred[0] * centred[1]).sum(axis=1)
        known = (spread[0] > 1e-20) & (spread[1] > 1e-20)
        correlations = np.clip(products / np.sqrt(spread[0] * spread[1]), -1, 1)
    return np.where(known, correlations, np.nan)
