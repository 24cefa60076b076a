"""Counts of answers by option: the only thing that published figures are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.keys import in_range, reverse
from scoring.scores import pomp

Tally = NDArray[np.int64]
"""Answers by option: shape (groups, options), options rising in the scored direction."""


def tally(
    answers: ArrayLike,
    groups: NDArray[np.intp],
    group_count: int,
    *,
    minimum: int,
    maximum: int,
    reverse_keyed: bool = False,
) -> Tally:
    """Count one item's answers by group and option.

    Parameters
    ----------
    answers
        Shape (n,), in units of the response scale; NaN where skipped.
    groups
        Shape (n,), the index of each respondent's group; negative for a respondent of no group.
    group_count
        How many groups there are.
    reverse_keyed
        Whether the item counts in the other direction.

    Returns
    -------
    Tally
        Shape (group_count, maximum - minimum + 1).

    Raises
    ------
    OutOfRange
        An answer lies outside the declared range.
    """
    keyed = reverse(answers, minimum, maximum) if reverse_keyed else in_range(answers, minimum, maximum)
    counted = ~np.isnan(keyed) & (groups >= 0)
    options = maximum - minimum + 1
    cells = groups[counted] * options + (keyed[counted].astype(np.intp) - minimum)
    return np.bincount(cells, minlength=group_count * options).reshape(group_count, options)


@cache
def points(options: int) -> NDArray[np.float64]:
    """The points of 100 that each of `options` rising options is worth; not to be written to."""
    worth = pomp(np.arange(options), 0, options - 1)
    worth.setflags(write=False)
    return worth


def measure_mean(item_counts: Sequence[NDArray[np.int64]]) -> float:
    """Mean of a measure in points of 100: the mean of its items' means.

    Parameters
    ----------
    item_counts
        For each item of the measure, its counts by option, shape (options,); each with an answer or more.

    Examples
    --------
    >>> measure_mean([np.array([0, 0, 1, 0, 1]), np.array([0, 0, 2, 0, 0])])
    62.5
    """
    return float(np.mean([counts @ points(len(counts)) / counts.sum() for counts in item_counts]))
