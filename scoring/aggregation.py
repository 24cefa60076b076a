"""Whether a group's members agree enough, and differ enough from other groups, for a group mean to mean something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from scoring.confidence import upper_tail
from scoring.errors import UnknownChoice
from scoring.matrices import Floats, as_floats, group_codes
from scoring.variance_components import OneWay, group_moments, one_way


@dataclass(frozen=True)
class IntraclassCorrelation:
    """ICC(1) or ICC(2) with its interval from F.

    `value_at_mean_size` uses the arithmetic mean group size as R's ``multilevel::ICC1`` does, and so does the interval
    (R: ``psychometric::ICC1.CI``); `value` uses n0, which is right when sizes differ. For ICC(2) the two are one.
    """

    value: float
    value_at_mean_size: float
    lower: float
    upper: float
    f: float
    groups: int
    n_used: int
    n0: float
    mean_size: float
    method: str


@dataclass(frozen=True)
class Agreement:
    """A figure for each group; NaN for a group of one. `sizes` counts the rows used."""

    labels: tuple[Any, ...]
    values: Floats
    sizes: NDArray[np.int64]
    null_variance: float | None
    method: str

    def of(self, label: Any) -> float:  # a label is whatever the caller's column holds
        """The figure of one group."""
        return float(self.values[self.labels.index(label)])

    @property
    def mean(self) -> float:
        """The mean over groups that have a figure."""
        return float(np.nanmean(self.values))

    @property
    def median(self) -> float:
        """The median over groups that have a figure."""
        return float(np.nanmedian(self.values))

    def share_from(self, threshold: float) -> float:
        """The share of groups, of those with a figure, that reach a threshold."""
        known = self.values[~np.isnan(self.values)]
        return float((known >= threshold).mean())


def icc1(values: ArrayLike, groups: ArrayLike, confidence: float = 0.95) -> IntraclassCorrelation:
    """ICC(1): the share of one person's score that the group tells.

    ``(MSB - MSW) / (MSB + (n0 - 1) MSW)``, MSB and MSW the mean squares between and within groups (Bliese 2000, in
    Klein & Kozlowski, *Multilevel Theory, Research, and Methods*). May be negative.

    Parameters
    ----------
    values
        Shape (n,), one score a person; NaN where missing.
    groups
        Shape (n,), one label a person.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups, or nobody beyond one a group.
    """
    table = one_way(group_moments(values, groups))
    low, high = _f_bounds(table, confidence)
    return _icc(
        table,
        value=_icc1(table, table.n0),
        at_mean_size=_icc1(table, table.mean_size),
        bounds=((low - 1) / (low + table.mean_size - 1), (high - 1) / (high + table.mean_size - 1)),
        method="ICC(1), one-way ANOVA",
    )


def icc2(values: ArrayLike, groups: ArrayLike, confidence: float = 0.95) -> IntraclassCorrelation:
    """ICC(2): the reliability of a group's mean, at the average group size.

    ``(MSB - MSW) / MSB``; parameters and errors as `icc1`.
    """
    table = one_way(group_moments(values, groups))
    value = 1 - 1 / table.f
    low, high = _f_bounds(table, confidence)
    return _icc(table, value, value, (1 - 1 / low, 1 - 1 / high), "ICC(2), one-way ANOVA")


def group_mean_reliability(icc: float, size: float) -> float:
    """Reliability of the mean of a group of `size` answers: Spearman-Brown, ``n r / (1 + (n - 1) r)``.

    Examples
    --------
    >>> round(group_mean_reliability(0.081, 6), 3)
    0.346
    """
    return size * icc / (1 + (size - 1) * icc)


def size_needed(icc: float, reliability: float = 0.70) -> int | None:
    """Answers a group needs for its mean to reach a reliability; None where no size would do.

    ``r (1 - ICC) / (ICC (1 - r))``, rounded up.

    Examples
    --------
    >>> size_needed(0.081), size_needed(0.0)
    (27, None)
    """
    if icc <= 0:
        return None
    return ceil(reliability * (1 - icc) / (icc * (1 - reliability)) - 1e-9)


NULLS = ("uniform", "triangular", "slight_skew", "moderate_skew", "heavy_skew")
"""The distributions that chance could have made, from the most spread out to the least."""

_FIVE_POINT = {"triangular": 1.32, "slight_skew": 1.34, "moderate_skew": 0.90, "heavy_skew": 0.44}


def null_variance(null: str, options: int) -> float:
    """Variance of a distribution without agreement: James, Demaree & Wolf 1984; LeBreton & Senter 2008, table 2.

    Parameters
    ----------
    null
        uniform for any number of options; triangular, slight_skew, moderate_skew, heavy_skew for five.
    options
        Response options of an item.

    Raises
    ------
    UnknownChoice
        No such null for so many options.

    Examples
    --------
    >>> null_variance("uniform", 5)
    2.0
    """
    known = {"uniform": (options**2 - 1) / 12} | (_FIVE_POINT if options == 5 else {})
    if null not in known:
        raise UnknownChoice(f"null distribution for {options} options", null, known)
    return known[null]


def rwg(values: ArrayLike, groups: ArrayLike, null_variance: float) -> Agreement:
    """Agreement on one item: ``1 - s^2 / null variance``, 0 where that is negative.

    Source: James, Demaree & Wolf 1984, *Journal of Applied Psychology* 69, 85-98 (R: ``multilevel::rwg``). One null
    proves nothing: give several, beside ICC and average deviation.

    Parameters
    ----------
    values
        Shape (n,), answers to one item in units of its options; NaN where missing.
    """
    spread = _mean_variances(values, groups)
    return _agreement(spread, 1 - np.minimum(spread.values, null_variance) / null_variance, null_variance, "rwg")


def rwgj(answers: ArrayLike | pd.DataFrame, groups: ArrayLike, null_variance: float) -> Agreement:
    """Agreement on a scale of J items.

    ``J a / (J a + s^2 / null)`` with ``a = 1 - s^2 / null``, s^2 the mean variance of the items, 0 where negative
    (James et al. 1984; R: ``multilevel::rwg.j``). Rows with a missing answer are left out, as in R.

    Parameters
    ----------
    answers
        Shape (n, J).
    """
    spread = _mean_variances(answers, groups)
    ratio = np.minimum(spread.values / null_variance, 1.0)
    agreed = as_floats(answers).shape[1] * (1 - ratio)
    return _agreement(spread, agreed / (agreed + ratio), null_variance, "rwg(j)")


def rwgj_lindell(answers: ArrayLike | pd.DataFrame, groups: ArrayLike, null_variance: float) -> Agreement:
    """r*wg(j), which may be negative and does not grow with the number of items: ``1 - s^2 / null variance``.

    Source: Lindell, Brandt & Whitney 1999, *Applied Psychological Measurement* 23, 127-135.
    """
    spread = _mean_variances(answers, groups)
    return _agreement(spread, 1 - spread.values / null_variance, null_variance, "r*wg(j), Lindell")


def average_deviation(answers: ArrayLike | pd.DataFrame, groups: ArrayLike, *, around: str = "mean") -> Agreement:
    """Mean absolute distance from the group's mean or median, averaged over items, in units of the options.

    Source: Burke & Dunlap 2002, *Organizational Research Methods* 5, 159-172, who call agreement practical up to a
    sixth of the number of options (R: ``multilevel::ad.m``).

    Raises
    ------
    UnknownChoice
        `around` is neither ``mean`` nor ``median``.
    """
    centres: dict[str, Callable[..., Floats]] = {"mean": np.mean, "median": np.median}
    if around not in centres:
        raise UnknownChoice("centre", around, centres)
    centre = centres[around]
    return _by_group(
        answers, groups, lambda rows: float(np.abs(rows - centre(rows, axis=0)).mean()), f"AD around the {around}"
    )


def awg(answers: ArrayLike | pd.DataFrame, groups: ArrayLike, minimum: float, maximum: float) -> Agreement:
    """a_wg: agreement against the most disagreement that the group's own mean allows, averaged over items.

    ``1 - 2 s^2 / (((H + L) M - M^2 - H L) n / (n - 1))``: Brown & Hauenstein 2005, *Organizational Research Methods* 8,
    165-184 (R: ``multilevel::awg``). An item on which all agree counts as 1; another whose mean lies so near an end
    that the figure means nothing, outside ``(L (n - 1) + H) / n`` to ``(H (n - 1) + L) / n``, does not count. NaN where
    none is left. Rows with a missing answer are left out.
    """

    def agreement(rows: Floats) -> float:
        means, spread, size = rows.mean(axis=0), rows.var(axis=0, ddof=1), len(rows)
        reach = (maximum - minimum) / size - 1e-9
        counts = (spread == 0) | ((means >= minimum + reach) & (means <= maximum - reach))
        if not counts.any():
            return float("nan")
        most = ((maximum + minimum) * means - means**2 - maximum * minimum) * size / (size - 1)
        disagreement = np.divide(2 * spread, most, out=np.zeros_like(spread), where=spread > 0)
        return float((1 - disagreement[counts]).mean())

    return _by_group(answers, groups, agreement, "a_wg, Brown & Hauenstein")


def _icc1(table: OneWay, size: float) -> float:
    between, within = table.mean_square_between, table.mean_square_within
    return (between - within) / (between + (size - 1) * within)


def _f_bounds(table: OneWay, confidence: float) -> tuple[float, float]:
    upper, between, within = upper_tail(confidence), table.groups - 1, table.n - table.groups
    return table.f / float(fdtri(between, within, upper)), table.f * float(fdtri(within, between, upper))


def _icc(
    table: OneWay, value: float, at_mean_size: float, bounds: tuple[float, float], method: str
) -> IntraclassCorrelation:
    return IntraclassCorrelation(
        value=value,
        value_at_mean_size=at_mean_size,
        lower=bounds[0],
        upper=bounds[1],
        f=table.f,
        groups=table.groups,
        n_used=table.n,
        n0=table.n0,
        mean_size=table.mean_size,
        method=method,
    )


def _mean_variances(answers: ArrayLike | pd.DataFrame, groups: ArrayLike) -> Agreement:
    return _by_group(answers, groups, lambda rows: float(rows.var(axis=0, ddof=1).mean()), "mean variance of the items")


def _agreement(spread: Agreement, values: Floats, null: float, method: str) -> Agreement:
    return Agreement(spread.labels, values, spread.sizes, null, method)


def _by_group(
    answers: ArrayLike | pd.DataFrame, groups: ArrayLike, figure: Callable[[Floats], float], method: str
) -> Agreement:
    values = as_floats(answers)
    codes, labels = group_codes(groups, len(values))
    used = ~np.isnan(values).any(axis=1) & (codes >= 0)
    order = np.argsort(codes[used], kind="stable")
    sizes = np.bincount(codes[used], minlength=len(labels))
    rows: Iterable[Floats] = np.split(values[used][order], np.cumsum(sizes)[:-1]) if labels else ()
    figures = np.array([figure(part) if len(part) > 1 else np.nan for part in rows])
    return Agreement(labels, figures, sizes, None, method)
