"""Compare groups side by side: each against the others, never against an average that contains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    OTHER_QUESTIONS = "other_questions"


@dataclass(frozen=True)
class Asked:
    """A group's figure, and the version since which the same questions are asked."""

    cell: ShownCell
    questions: str


def comparable_cells(figures: Sequence[Asked]) -> tuple[ShownCell, ...]:
    """The figures that may be compared: those that rest on the questions most groups were asked.

    Figures of other questions are left out, because a difference to them could be the questions' doing. Where two sets
    of questions were asked alike often, those asked of more people are taken.
    """
    if not figures:
        return ()
    people = Counter[str]()
    groups = Counter[str]()
    for figure in figures:
        people[figure.questions] += figure.cell.n
        groups[figure.questions] += 1
    most = max(groups, key=lambda questions: (groups[questions], people[questions], questions))
    return tuple(figure.cell for figure in figures if figure.questions == most)


def stand_against_others(cells: Sequence[ShownCell]) -> Mapping[str, Standing]:
    """Return how each group's figure stands to the mean of all the others.

    They are weighted by the people asked, or by their answers where nobody knows how many were asked.

    A group is called higher or lower only where the interval of the difference at 99 in 100 leaves out zero, the
    standard errors being those of the published likely ranges.

    Parameters
    ----------
    cells
        One shown cell a group, of one measure and the same questions.
    """
    return {cell.group: _standing(cell, [other for other in cells if other is not cell]) for cell in cells}


def _standing(cell: ShownCell, others: Sequence[ShownCell]) -> Standing:
    if not others:
        return Standing.ALONE
    known = all(other.roster_size for other in others)
    sizes = [other.roster_size or 0 if known else other.n for other in others]
    weights = [size / sum(sizes) for size in sizes]
    mean = sum(weight * other.score for weight, other in zip(weights, others, strict=True))
    variance = sum((weight * standard_error(other)) ** 2 for weight, other in zip(weights, others, strict=True))
    reach = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2) * sqrt(variance + standard_error(cell) ** 2)
    difference = cell.score - mean
    if abs(difference) <= reach:
        return Standing.SIMILAR
    return Standing.HIGHER if difference > 0 else Standing.LOWER


def standard_error(cell: ShownCell) -> float:
    """The standard error of a published mean, in points, as its likely range tells it."""
    reach = max(cell.likely_high - cell.score, cell.score - cell.likely_low)
    return reach / NormalDist().inv_cdf((1 + _LIKELY_CONFIDENCE) / 2)
