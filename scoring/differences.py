"""Whether a group's means on two occasions differ by more than chance.

Plain floats, so that a page can do it without loading an array library.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Protocol

from scoring.confidence import normal_reach
from scoring.errors import ImpossibleSample


class Verdict(StrEnum):
    """What an interval of a difference says."""

    HIGHER = "higher"
    LOWER = "lower"
    UNCLEAR = "no clear change"


class Summary(Protocol):
    """A mean with its standard error, as `scoring.uncertainty` gives them."""

    @property
    def mean(self) -> float | None:
        """The mean, None where nobody answered."""

    @property
    def standard_error(self) -> float | None:
        """Its standard error, None where there is none."""


@dataclass(frozen=True)
class Overlap:
    """The people who answered on both occasions: how many, the covariance of their scores, and n of each occasion."""

    n_both: int
    covariance: float
    n_before: int
    n_after: int


@dataclass(frozen=True)
class TeamChange:
    """A difference of two means, in their units, with its interval; None where a mean or its error is not known."""

    difference: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    verdict: Verdict
    confidence: float
    method: str
    warnings: tuple[str, ...]


def team_change(
    before: Summary,
    after: Summary,
    *,
    overlap: Overlap | None = None,
    link_error: float = 0.0,
    confidence: float = 0.95,
) -> TeamChange:
    """Difference of a group's means on two occasions.

    ``sqrt(se1^2 + se2^2)``: without linking persons the occasions count as independent, which is conservative, because
    people who answer twice resemble themselves. With `overlap`, less ``2 n12 cov / (n1 n2)`` (Kish 1965, *Survey
    Sampling*, 12.4). The error of a version's link is added.

    Parameters
    ----------
    before, after
        Means with standard errors.
    overlap
        Known only where answers are linked, which this product never does.
    link_error
        Standard error of the link between two versions, in the units of the means.

    Raises
    ------
    ImpossibleSample
        The overlap would make the variance negative.
    """
    method = "overlapping samples (Kish 1965)" if overlap else "independent samples"
    if None in (before.mean, after.mean, before.standard_error, after.standard_error):
        why = ("an occasion has no mean with a standard error",)
        return TeamChange(None, None, None, None, Verdict.UNCLEAR, confidence, method, why)
    variance = (before.standard_error or 0.0) ** 2 + (after.standard_error or 0.0) ** 2 + link_error**2
    if overlap is not None:
        variance -= 2 * overlap.n_both * overlap.covariance / (overlap.n_before * overlap.n_after)
    if variance < 0:
        raise ImpossibleSample("Two occasions cannot overlap so much that their difference has a negative variance.")
    difference = (after.mean or 0.0) - (before.mean or 0.0)
    reach = normal_reach(confidence) * sqrt(variance)
    return TeamChange(
        difference=difference,
        standard_error=sqrt(variance),
        lower=difference - reach,
        upper=difference + reach,
        verdict=verdict_of(difference - reach, difference + reach),
        confidence=confidence,
        method=method,
        warnings=(),
    )


def verdict_of(lower: float, upper: float) -> Verdict:
    """What an interval says: higher or lower where it leaves out zero.

    Examples
    --------
    >>> str(verdict_of(0.5, 3.0)), str(verdict_of(-1.0, 3.0))
    ('higher', 'no clear change')
    """
    if lower > 0:
        return Verdict.HIGHER
    return Verdict.LOWER if upper < 0 else Verdict.UNCLEAR
