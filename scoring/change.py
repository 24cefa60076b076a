"""Whether a difference between two occasions is more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ImpossibleSample, UnknownChoice
from scoring.matrices import Floats
from scoring.reliability import standard_error_of_measurement


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
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * sqrt(variance)
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


RELIABLE_CHANGE_METHODS = ("jacobson-truax", "edwards-nunnally", "prediction")


@dataclass(frozen=True)
class ReliableChange:
    """Each person's change in units of its error. For a person's own eyes, in bands; never for anybody else's.

    `verdicts` holds -1, 0 or 1 a person, and 0 where an occasion is missing; `threshold` is the raw difference from
    which Jacobson & Truax call a change reliable.
    """

    index: Floats
    verdicts: NDArray[np.int64]
    threshold: float
    n_used: int
    down: int
    unchanged: int
    up: int
    method: str
    warnings: tuple[str, ...]


def reliable_change(
    x1: ArrayLike,
    x2: ArrayLike,
    reliability: float,
    sd: float,
    method: str = "jacobson-truax",
    *,
    mean: float | None = None,
    confidence: float = 0.95,
) -> ReliableChange:
    """Which persons changed more than the error of measurement explains.

    - jacobson-truax: ``(x2 - x1) / (sqrt(2) SEM)``; Jacobson & Truax 1991, *JCCP* 59, 12-19.
    - edwards-nunnally: ``(x2 - (m + r (x1 - m))) / SEM``; Speer 1992, *JCCP* 60, 402-408.
    - prediction: ``(x2 - (m + r (x1 - m))) / (SD sqrt(1 - r^2))``; Lord & Novick 1968; Hsu 1989.

    The methods disagree about many people: name the one that was used.

    Parameters
    ----------
    x1, x2
        Shape (n,), scores before and after; NaN where missing.
    reliability, sd
        Of a reference group before.
    mean
        m, the reference group's mean; without it that of `x1`.

    Raises
    ------
    UnknownChoice
        There is no such method.
    ImpossibleSample
        A negative SD, a reliability of 1 or more, or one below 0.
    """
    if method not in RELIABLE_CHANGE_METHODS:
        raise UnknownChoice("method", method, RELIABLE_CHANGE_METHODS)
    if not (0 <= reliability < 1 and sd > 0):
        raise ImpossibleSample(f"Change cannot be judged with a reliability of {reliability:g} and an SD of {sd:g}.")
    before, after = np.asarray(x1, dtype=np.float64), np.asarray(x2, dtype=np.float64)
    sem = standard_error_of_measurement(sd, reliability)
    centre = float(np.nanmean(before)) if mean is None else mean
    expected = before if method == "jacobson-truax" else centre + reliability * (before - centre)
    errors = dict(zip(RELIABLE_CHANGE_METHODS, (sqrt(2) * sem, sem, sd * sqrt(1 - reliability**2)), strict=True))
    index = (after - expected) / errors[method]
    critical = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(invalid="ignore"):
        verdicts = (index > critical).astype(np.int64) - (index < -critical)
    known = ~np.isnan(index)
    return ReliableChange(
        index=index,
        verdicts=verdicts,
        threshold=critical * sqrt(2) * sem,
        n_used=int(known.sum()),
        down=int((verdicts == -1).sum()),
        unchanged=int((known & (verdicts == 0)).sum()),
        up=int((verdicts == 1).sum()),
        method=method,
        warnings=(),
    )
