"""A funnel: which of many groups lie further from all than their number of answers explains.

Spiegelhalter (2005) with additive overdispersion: standardised distances are winsorised at a tenth on either side, and
what they vary more than chance is taken to be true variation between groups (tau squared by DerSimonian and Laird). Of
few groups it says nothing: `funnel` refuses fewer than ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from dashboards.comparison import standard_error
from dashboards.errors import TooFewGroups
from dashboards.snapshots import ShownCell

FEWEST_GROUPS = 10
INNER, OUTER = 0.95, 0.998
_WINSORISED_SHARE = 0.1


@dataclass(frozen=True)
class FunnelPoint:
    """A group in the funnel; `beyond` is 0 inside, 1 outside the inner and 2 outside the outer limits."""

    cell: ShownCell
    beyond: int


@dataclass(frozen=True)
class Funnel:
    """A funnel's centre, in points, what groups truly vary by, and every group's place.

    `spread` is the standard deviation of one answer as the published ranges tell it: the limits at n answers are
    ``centre ± z sqrt(spread² / n + tau²)``.
    """

    centre: float
    tau: float
    spread: float
    points: tuple[FunnelPoint, ...]

    def limits(self, answers: float, share: float) -> tuple[float, float]:
        """Between which scores this share of groups with so many answers would lie by chance."""
        reach = NormalDist().inv_cdf((1 + share) / 2) * sqrt(self.spread**2 / answers + self.tau**2)
        return self.centre - reach, self.centre + reach


def funnel(cells: Sequence[ShownCell]) -> Funnel:
    """Put the figures of ten groups or more, of one measure and the same questions, into a funnel.

    Raises
    ------
    TooFewGroups
        There are fewer than ten.
    """
    if len(cells) < FEWEST_GROUPS:
        raise TooFewGroups(len(cells), FEWEST_GROUPS)
    errors = [standard_error(cell) for cell in cells]
    weights = [1 / error**2 for error in errors]
    centre = sum(weight * cell.score for weight, cell in zip(weights, cells, strict=True)) / sum(weights)
    distances = [(cell.score - centre) / error for cell, error in zip(cells, errors, strict=True)]
    tau = sqrt(_tau_squared(_winsorised(distances), weights))
    spread = sqrt(sum(cell.n * error**2 for cell, error in zip(cells, errors, strict=True)) / len(cells))
    points = tuple(
        FunnelPoint(cell, _beyond(abs(cell.score - centre) / sqrt(error**2 + tau**2)))
        for cell, error in sorted(zip(cells, errors, strict=True), key=lambda pair: pair[0].name)
    )
    return Funnel(centre, tau, spread, points)


def _winsorised(distances: Sequence[float]) -> list[float]:
    """Distances, the outer tenth on either side drawn in to the next (Spiegelhalter 2005, appendix A)."""
    ordered = sorted(distances)
    cut = int(_WINSORISED_SHARE * len(ordered))
    low, high = ordered[cut], ordered[-1 - cut]
    return [min(max(distance, low), high) for distance in distances]


def _tau_squared(distances: Sequence[float], weights: Sequence[float]) -> float:
    """The variance between groups (DerSimonian and Laird 1986), with the overdispersion of the winsorised distances."""
    count = len(distances)
    excess = sum(distance**2 for distance in distances) - (count - 1)
    return max(0.0, excess / (sum(weights) - sum(weight**2 for weight in weights) / sum(weights)))


def _beyond(distance: float) -> int:
    return sum(distance > NormalDist().inv_cdf((1 + share) / 2) for share in (INNER, OUTER))
