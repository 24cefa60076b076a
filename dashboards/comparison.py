"""Compare groups side by side: each against the others, never against an average that contains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

from dashboards.snapshots import ShownCell

_CONFIDENCE = 0.99  # a page compares a dozen figures at once
_LIKELY_CONFIDENCE = 0.95


class Standing(StrEnum):
    """How a group's figure stands to the others'."""

    SIMILAR = "similar"
    HIGHER = "higher"
    LOWER = "lower"
    ALONE = "alone"


def stand_against_others(cells: Sequence[ShownCell]) -> Mapping[str, Standing]:
    """Return how each group's figure stands to the mean of all the others, weighted by their answers.

    A group is called higher or lower only where the interval of the difference at 99 in 100 leaves out zero, the
    standard errors being those of the published likely ranges.

    Parameters
    ----------
    cells
        One shown cell a group, of one measure and wave.
    """
    return {cell.group: _standing(cell, [other for other in cells if other is not cell]) for cell in cells}


def _standing(cell: ShownCell, others: Sequence[ShownCell]) -> Standing:
    if not others:
        return Standing.ALONE
    weights = [other.n / sum(each.n for each in others) for other in others]
    mean = sum(weight * other.score for weight, other in zip(weights, others, strict=True))
    variance = sum((weight * _standard_error(other)) ** 2 for weight, other in zip(weights, others, strict=True))
    reach = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2) * sqrt(variance + _standard_error(cell) ** 2)
    difference = cell.score - mean
    if abs(difference) <= reach:
        return Standing.SIMILAR
    return Standing.HIGHER if difference > 0 else Standing.LOWER


def _standard_error(cell: ShownCell) -> float:
    reach = max(cell.likely_high - cell.score, cell.score - cell.likely_low)
    return reach / NormalDist().inv_cdf((1 + _LIKELY_CONFIDENCE) / 2)
