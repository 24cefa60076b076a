"""How sure a figure is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, stdtrit

from scoring.confidence import normal_reach, upper_tail
from scoring.errors import ImpossibleSample, UnknownChoice
from scoring.matrices import as_floats


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


@dataclass(frozen=True)
class MeanInterval:
    """A mean of the answers given, with an interval for the mean of everybody asked; in units of the values.

    Nobody answered: no mean. One answer without a pooled SD: a mean and no error. `warnings` says what holds.
    """

    mean: float | None
    se: float | None
    lower: float | None
    upper: float | None
    n: int
    roster_size: int | None
    confidence: float
    method: str
    warnings: tuple[str, ...]

    @property
    def standard_error(self) -> float | None:
        """Another name of `se`, the one that `scoring.change` reads."""
        return self.se

    @property
    def n_used(self) -> int:
        """Another name of `n`, as other results have it."""
        return self.n


@dataclass(frozen=True)
class ShareInterval:
    """A share between 0 and 1 with its interval."""

    share: float
    lower: float
    upper: float
    n_used: int
    confidence: float
    method: str


@dataclass(frozen=True)
class Stratum:
    """A group inside a larger one: its mean, the mean's standard error, and the people on its roster."""

    mean: float
    standard_error: float
    roster_size: int


def mean_interval(
    values: ArrayLike, roster_size: int | None, pooled_sd: float | None = None, confidence: float = 0.95
) -> MeanInterval:
    """Mean of a group with its interval, corrected for how many of the roster answered.

    ``s / sqrt(n) sqrt(1 - n / N)``: Cochran 1977, *Sampling Techniques*, eq. 2.20 (R: ``survey::svymean`` with
    ``fpc``). With `pooled_sd` (the root of the mean square within groups, or an instrument's reference SD) the limits
    are the normal ones; with the group's own SD those of t with n - 1 degrees. The correction takes those who did not
    answer to be like those who did: show the response rate beside it. n = N has no width and is no certainty about the
    future.

    Parameters
    ----------
    values
        Shape (n,), one score a person; NaN where missing.
    roster_size
        People asked; None where nobody knows, and then without the correction.

    Raises
    ------
    ImpossibleSample
        More answers than people asked, or a negative SD.

    Examples
    --------
    >>> found = mean_interval([40, 50, 60, 70], 8, pooled_sd=20)
    >>> found.mean, round(found.se, 3)
    (55.0, 7.071)
    """
    given = as_floats(values)[:, 0]
    given = given[~np.isnan(given)]
    n = len(given)
    if (roster_size is not None and n > roster_size) or (pooled_sd is not None and pooled_sd < 0):
        raise ImpossibleSample(f"{n} answers of {roster_size} people with an SD of {pooled_sd} cannot be.")
    method = ("own SD, t" if pooled_sd is None else "pooled SD, normal") + (
        "" if roster_size is None else ", finite population"
    )
    if n == 0:
        return MeanInterval(None, None, None, None, 0, roster_size, confidence, method, ("nobody answered",))
    mean = float(given.mean())
    if n == 1 and pooled_sd is None:
        return MeanInterval(mean, None, None, None, 1, roster_size, confidence, method, ("one answer has no spread",))
    upper = upper_tail(confidence)
    spread = float(given.std(ddof=1)) if pooled_sd is None else pooled_sd
    multiple = float(stdtrit(n - 1, upper)) if pooled_sd is None else normal_reach(confidence)
    error = spread / sqrt(n) * sqrt(_unasked(n, roster_size))
    everyone = ("everyone answered: the width of zero says nothing about another day",) if n == roster_size else ()
    return MeanInterval(
        mean, error, mean - multiple * error, mean + multiple * error, n, roster_size, confidence, method, everyone
    )


def roster_weighted(strata: Sequence[Stratum], confidence: float = 0.95) -> MeanInterval:
    """Mean of a larger group from its parts, each counted by its roster and not by its answers.

    ``sum(N_h m_h) / N`` with error ``sqrt(sum(N_h^2 se_h^2)) / N``: Cochran 1977, eq. 5.7 (R: ``survey::svymean`` of a
    stratified design). A part in which many answered then does not speak for one in which few did.

    Raises
    ------
    ImpossibleSample
        No part, or a roster without people.

    Examples
    --------
    >>> roster_weighted([Stratum(60, 4, 30), Stratum(50, 6, 10)]).mean
    57.5
    """
    if not strata or any(part.roster_size < 1 for part in strata):
        raise ImpossibleSample("A mean over parts needs parts, each with people on its roster.")
    total = sum(part.roster_size for part in strata)
    mean = sum(part.roster_size * part.mean for part in strata) / total
    error = sqrt(sum((part.roster_size * part.standard_error) ** 2 for part in strata)) / total
    reach = normal_reach(confidence) * error
    return MeanInterval(
        mean, error, mean - reach, mean + reach, len(strata), total, confidence, "roster-weighted strata, normal", ()
    )


SHARE_METHODS = ("wilson", "jeffreys", "clopper-pearson")


def favourable_interval(k: float, n: int, confidence: float = 0.95, *, method: str = "wilson") -> ShareInterval:
    """Share of favourable answers with its interval.

    Wilson 1927, *JASA* 22, 209-212; Jeffreys' and the exact one beside it: Brown, Cai & DasGupta 2001, *Statistical
    Science* 16, 101-133.

    Parameters
    ----------
    k, n
        Favourable answers, and answers. `k` need not be whole, as where it is a weighted share of n.

    Raises
    ------
    ImpossibleSample
        No answers, or more favourable ones than answers.
    UnknownChoice
        There is no such method.

    Examples
    --------
    >>> found = favourable_interval(8, 10)
    >>> round(found.lower, 3), round(found.upper, 3)
    (0.49, 0.943)
    """
    if not 0 <= k <= n or n < 1:
        raise ImpossibleSample(f"{k:g} of {n} answers cannot be favourable.")
    tail = 1 - upper_tail(confidence)
    if method == "wilson":
        z = normal_reach(confidence)
        centre, reach = k / n + z**2 / (2 * n), z * sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
        lower, upper = (centre - reach) / (1 + z**2 / n), (centre + reach) / (1 + z**2 / n)
    elif method in SHARE_METHODS:
        more = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
        lower = float(betaincinv(k + more[0], n - k + more[1], tail)) if k else 0.0
        upper = float(betaincinv(k + more[1], n - k + more[0], 1 - tail)) if k < n else 1.0
    else:
        raise UnknownChoice("method", method, SHARE_METHODS)
    return ShareInterval(k / n, max(0.0, lower), min(1.0, upper), n, confidence, method)


def possible_range(
    answered: Mapping[float, int] | Sequence[float], roster_size: int, minimum: float, maximum: float
) -> tuple[float, float]:
    """The means that the whole roster could have if those who did not answer had all chosen one end or the other.

    Source: Manski 1989, *Journal of Human Resources* 24, 343-360: bounds without any assumption about them.

    Parameters
    ----------
    answered
        Scores, or counts by score.
    roster_size
        People asked.

    Examples
    --------
    >>> possible_range([60, 60, 60], 4, 0, 100)
    (45.0, 70.0)
    """
    counts = answered if isinstance(answered, Mapping) else dict.fromkeys(answered, 0)
    if not isinstance(answered, Mapping):
        counts = {score: sum(1 for other in answered if other == score) for score in counts}
    n = sum(counts.values())
    if n > roster_size or roster_size < 1:
        raise ImpossibleSample(f"{n} answers of {roster_size} people cannot be.")
    total = sum(score * count for score, count in counts.items())
    silent = roster_size - n
    return (total + silent * minimum) / roster_size, (total + silent * maximum) / roster_size


@dataclass(frozen=True)
class Counted:
    """People of one part of a group: how many answered, and how many were asked; None where nobody knows."""

    answered: int
    roster_size: int | None


def reference_interval(
    mean: float,
    parts: Sequence[Counted],
    *,
    reference_sd: float,
    rounding_step: float = 0.0,
    confidence: float = 0.95,
) -> Interval:
    """Interval of a group's mean from the spread of a reference population.

    The group's own spread is neither needed nor revealed. With n of N people answering in each part, the standard error
    is ``sqrt(sum(W^2 s^2 / n (1 - n / N)) + step^2 / 12)`` with W a part's share of the roster: stratified sampling
    without replacement (Cochran 1977, *Sampling Techniques*, eq. 2.20 and 5.7) plus the variance of rounding the mean
    to a step.

    Parameters
    ----------
    mean
        The mean as shown, in points of 100, its parts counted by their rosters.
    parts
        One where the mean is one of all answers alike. Where any roster is unknown, the parts are one.
    reference_sd
        s, the spread of persons' scores in the reference population, in points.
    rounding_step
        The step that the shown mean was rounded to, in points.

    Raises
    ------
    ImpossibleSample
        Nobody answered, or more people answered than were asked.
    """
    _refuse_impossible(parts)
    sampling = reference_sd**2 * _sampling_share(parts)
    standard_error = sqrt(sampling + rounding_step**2 / 12)
    reach = normal_reach(confidence) * standard_error
    known = _rosters(parts)
    return Interval(
        mean=mean,
        standard_error=standard_error,
        lower=max(0.0, mean - reach),
        upper=min(100.0, mean + reach),
        n_used=sum(part.answered for part in parts),
        roster_size=sum(known) if known else None,
        method="reference SD, finite population" if known else "reference SD",
    )


def _refuse_impossible(parts: Sequence[Counted]) -> None:
    if not parts:
        raise ImpossibleSample("A mean of no parts has no interval.")
    for part in parts:
        if part.answered < 1 or (part.roster_size is not None and part.answered > part.roster_size):
            raise ImpossibleSample(f"{part.answered} of {part.roster_size} people cannot have answered.")


def _rosters(parts: Sequence[Counted]) -> list[int]:
    """The parts' rosters; none where any is unknown."""
    known = [part.roster_size for part in parts if part.roster_size is not None]
    return known if len(known) == len(parts) else []


def _sampling_share(parts: Sequence[Counted]) -> float:
    """The share of one person's variance that the mean of all still has."""
    rosters = _rosters(parts)
    if not rosters:
        return 1 / sum(part.answered for part in parts)
    everybody = sum(rosters)
    return sum(
        (size / everybody) ** 2 / part.answered * _unasked(part.answered, size)
        for size, part in zip(rosters, parts, strict=True)
    )


def _unasked(answered: int, roster_size: int | None) -> float:
    """The finite-population correction: the share of the variance that those who did not answer still leave."""
    return 1.0 if roster_size is None else 1 - answered / roster_size
