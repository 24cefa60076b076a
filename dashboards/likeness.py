"""How alike neighbouring waves are when nothing changes: one autocorrelation for a whole programme.

A team's own twelve waves say next to nothing about it; those of many teams together do (docs/dashboards.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice, pairwise
from statistics import fmean

from dashboards.spc import LOCKED_AFTER
from dashboards.trends import Trend

FEWEST_PAIRS = 200
"""Neighbouring waves before a value is believed: its standard error is then about 0.07."""

CANDIDATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""Steps coarse enough that ranges seldom move; beyond the last, waves are so alike that no range would tell much."""


def pooled_autocorrelation(trends: Iterable[Trend]) -> float | None:
    """Estimate the correlation of a wave with the next from the baselines of many lines together.

    Deviations from a mean of the same twelve points correlate less than the points do. So the candidate is taken
    whose expected value after that is nearest to what was seen (exact for an AR(1) process; cf. Kendall 1954).

    Parameters
    ----------
    trends
        Lines; only phases whose range is locked count, and of those the points that it was computed from.

    Returns
    -------
    float | None
        One of `CANDIDATES`; None while fewer than `FEWEST_PAIRS` neighbouring waves are known.
    """
    squares: list[float] = []
    products: list[float] = []
    for baseline in (line for trend in trends for line in _baselines(trend)):
        squares += [deviation**2 for _, deviation in baseline]
        products += [before * after for (i, before), (j, after) in pairwise(baseline) if j - i == 1]
    if len(products) < FEWEST_PAIRS or not any(squares):
        return None
    seen = fmean(products) / fmean(squares)
    return min(CANDIDATES, key=lambda candidate: abs(_expected(candidate) - seen))


def _baselines(trend: Trend) -> Iterator[list[tuple[int, float]]]:
    """The waves that each locked range was computed from, as (place, deviation from its centre)."""
    for _, stretches in groupby(trend.usual, key=lambda usual: usual.phase):
        phase = list(stretches)
        if phase[0].is_early:
            continue
        known = (
            (place, shown.score - usual.centre)
            for usual in phase
            for place in range(usual.start, usual.stop)
            if (shown := trend.points[place].shown) is not None
        )
        yield list(islice(known, LOCKED_AFTER))


def _expected(autocorrelation: float) -> float:
    """Correlation of neighbours among the deviations of twelve AR(1) points from their own mean."""
    places = range(LOCKED_AFTER)
    covariance = [[autocorrelation ** abs(i - j) for j in places] for i in places]
    of_mean = [fmean(row) for row in covariance]
    whole = fmean(of_mean)
    products = [covariance[i][i + 1] - of_mean[i] - of_mean[i + 1] + whole for i in places[:-1]]
    return fmean(products) / (1 - whole)
