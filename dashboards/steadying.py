"""Figures of many groups in a list, drawn towards their common mean by how unsure each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from dashboards.comparison import standard_error
from dashboards.snapshots import ShownCell
from scoring.known_errors import steady

FEWEST_GROUPS = 5
"""A list shorter than this tells too little of how much groups differ."""

_REACH = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class SteadiedFigure:
    """A group's figure with its steadied estimate, whole points of 100, and the estimate's likely range."""

    cell: ShownCell
    estimate: int
    low: int
    high: int


def steadied(cells: Sequence[ShownCell]) -> tuple[SteadiedFigure, ...]:
    """Steadied estimates in the order given; none for a short list.

    A list of small groups invites ranking, and its ends are mostly chance: those with the fewest answers. Computed from
    the published figures and their published likely ranges, and from nothing else (Fay & Herriot 1979).
    """
    if len(cells) < FEWEST_GROUPS:
        return ()
    found = steady([cell.score for cell in cells], [max(standard_error(cell), 0.5) for cell in cells])
    return tuple(
        SteadiedFigure(
            cell, round(estimate), max(0, round(estimate - _REACH * error)), min(100, round(estimate + _REACH * error))
        )
        for cell, estimate, error in zip(cells, found.estimate, found.se, strict=True)
    )
