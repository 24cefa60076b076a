"""Keep each block's answers to an item at least W points from unanimity."""

from __future__ import annotations

from math import ceil

import numpy as np

from scoring.tallies import Tally


def protect(counts: Tally, width: float) -> Tally:
    """Return counts in which every block's answers span at least `width` points.

    Where they span less, one answer is moved towards the middle of the scale, as far as the width needs and no
    further. Counts that span the width are left alone, so protecting twice is protecting once.

    Parameters
    ----------
    counts
        One item's answers, shape (blocks, options). A row with a single answer or none is left alone: it cannot
        be spread, and a block shows no item with so few.
    width
        W in points of 100.

    Returns
    -------
    Tally
        A copy; every row keeps its total.
    """
    protected = counts.copy()
    steps = steps_for_width(counts.shape[1], width)
    for row in np.flatnonzero(_span(counts) < steps):
        if protected[row].sum() > 1:
            _move_one_answer(protected[row], steps)
    return protected


def spans_width(counts: Tally, width: float) -> np.ndarray:
    """Whether each block's answers to an item span at least `width` points, shape (blocks,)."""
    return _span(counts) >= steps_for_width(counts.shape[1], width)


def steps_for_width(options: int, width: float) -> int:
    """How many steps of a scale of `options` make at least `width` points."""
    return ceil(width * (options - 1) / 100)


def _span(counts: Tally) -> np.ndarray:
    options = counts.shape[1]
    given = counts > 0
    lowest = given.argmax(axis=1)
    highest = options - 1 - given[:, ::-1].argmax(axis=1)
    return np.where(given.any(axis=1), highest - lowest, 0)


def _move_one_answer(row: np.ndarray, steps: int) -> None:
    lowest, highest = np.flatnonzero(row)[[0, -1]]
    middle = (len(row) - 1) / 2
    rises = (lowest + highest) / 2 < middle
    source, target = (highest, lowest + steps) if rises else (lowest, highest - steps)
    row[source] -= 1
    row[target] += 1
