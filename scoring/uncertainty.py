"""How sure a figure is."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from scoring.errors import ImpossibleSample


@dataclass(frozen=True)
class Interval:
    """A mean with the range it is likely to lie in, all in points of 100."""

    mean: float
    standard_error: float
    lower: float
    upper: float
    n_used: int
    roster_size: int | None
    method: str


def reference_interval(
    mean: float,
    *,
    answered: int,
    roster_size: int | None,
    reference_sd: float,
    rounding_step: float = 0.0,
    confidence: float = 0.95,
) -> Interval:
    """Interval of a group's mean from the spread of a reference population.

    The group's own spread is neither needed nor revealed. With n of N people answering, the standard error is
    ``sqrt(s^2 / n * (1 - n / N) + step^2 / 12)``: sampling without replacement from a finite roster
    (Cochran 1977, *Sampling Techniques*, eq. 2.20) plus the variance of rounding the mean to a step.

    Parameters
    ----------
    mean
        The mean as shown, in points of 100.
    answered, roster_size
        n and N: people who answered, and people asked; None where nobody knows how many were asked, and then
        without the correction.
    reference_sd
        s, the spread of persons' scores in the reference population, in points.
    rounding_step
        The step that the shown mean was rounded to, in points.

    Raises
    ------
    ImpossibleSample
        Nobody answered, or more people answered than were asked.
    """
    if answered < 1 or (roster_size is not None and answered > roster_size):
        raise ImpossibleSample(f"{answered} of {roster_size} people cannot have answered.")
    unasked = 1.0 if roster_size is None else 1 - answered / roster_size
    sampling = reference_sd**2 / answered * unasked
    standard_error = sqrt(sampling + rounding_step**2 / 12)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * standard_error
    return Interval(
        mean=mean,
        standard_error=standard_error,
        lower=max(0.0, mean - reach),
        upper=min(100.0, mean + reach),
        n_used=answered,
        roster_size=roster_size,
        method="reference SD" if roster_size is None else "reference SD, finite population",
    )
