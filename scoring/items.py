"""What each item of a scale adds to it, in one pass over the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.alpha import Alpha, alpha_of, squared_multiple_correlations
from scoring.errors import EmptyRange, OutOfRange
from scoring.matrices import Floats, Numbers, as_matrix, names_of
from scoring.moments import Moments, blocks, complete_moments, correlations_of

LOW_CORRELATION = 0.30
MANY_AT_THE_END = 0.15
MANY_MISSING = 0.10


@dataclass(frozen=True)
class ItemStatistics:
    """One item. Shares are of those who answered it (floor, ceiling) or of all rows (missing).

    Mean, SD and counts rest on everybody who answered the item; correlation and `alpha_without` on complete rows, as
    the scale's alpha does. `common_r` is that with what the items have in common (R: psych's ``r.cor``); `without` is
    the alpha of the other items with its company. None where a figure does not exist.
    """

    name: str
    n_used: int
    mean: float | None
    sd: float | None
    corrected_r: float | None
    uncorrected_r: float | None
    common_r: float | None
    alpha_without: float | None
    without: Alpha | None
    floor: float | None
    ceiling: float | None
    missing: float
    counts: tuple[int, ...] | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ItemAnalysis:
    """A scale's items with the alpha of all of them."""

    items: tuple[ItemStatistics, ...]
    alpha: Alpha
    minimum: float
    maximum: float
    n_used: int
    method: str
    warnings: tuple[str, ...]


def analyse(answers: ArrayLike | pd.DataFrame, minimum: int, maximum: int, *, confidence: float = 0.95) -> ItemAnalysis:
    """Analyse the items of a scale.

    The corrected correlation is that of an item with the sum of the others; `alpha_without` uses the same estimator
    and the same people as alpha itself (Nunnally & Bernstein 1994, *Psychometric Theory*; R: ``psych::alpha``). Fifteen
    per cent at an end count as a floor or ceiling (Terwee et al. 2007, *Journal of Clinical Epidemiology* 60, 34-42).

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; whole numbers of any width, or floats with NaN where missing.
    minimum, maximum
        The declared ends of the response scale.

    Raises
    ------
    OutOfRange
        An answer lies outside the declared range; the error names the item.
    EmptyRange
        The minimum does not lie below the maximum.
    """
    if not minimum < maximum:
        raise EmptyRange(minimum, maximum)
    matrix = as_matrix(answers)
    names = names_of(answers, matrix.shape[1])
    described = _describe(matrix, minimum, maximum, names)
    moments = complete_moments(matrix)
    alpha = alpha_of(moments, confidence)
    together = _beside_the_others(moments, confidence)
    items = tuple(_statistics(name, described[place], together[place], len(matrix)) for place, name in enumerate(names))
    return ItemAnalysis(
        items=items,
        alpha=alpha,
        minimum=minimum,
        maximum=maximum,
        n_used=moments.n,
        method="classical item analysis on complete rows; distributions of all who answered the item",
        warnings=tuple(f"{item.name}: {warning}" for item in items for warning in item.warnings) + alpha.warnings,
    )


@dataclass(frozen=True)
class _Described:
    """An item by itself."""

    n: int
    mean: float
    sd: float
    at_minimum: int
    at_maximum: int
    counts: tuple[int, ...] | None


@dataclass(frozen=True)
class _Together:
    """An item beside the others."""

    corrected_r: float | None
    uncorrected_r: float | None
    common_r: float | None
    without: Alpha | None


def _describe(matrix: Numbers, minimum: int, maximum: int, names: tuple[str, ...]) -> list[_Described]:
    counts = np.zeros((len(names), maximum - minimum + 1), dtype=np.int64)
    for block in blocks(matrix):
        for place, name in enumerate(names):
            found = _count(block[:, place], minimum, maximum, name)
            if found is None:
                columns = [matrix[:, column] for column in range(len(names))]
                return [_describe_fractions(*each, minimum, maximum) for each in zip(columns, names, strict=True)]
            counts[place] += found
    return [_describe_counts(row, minimum) for row in counts]


def _count(column: Numbers, minimum: int, maximum: int, name: str) -> NDArray[np.intp] | None:
    """How often each option was chosen; None where an answer lies between two."""
    given = column[~np.isnan(column)] if column.dtype.kind == "f" else column
    if given.size and (given.min() < minimum or given.max() > maximum):
        raise OutOfRange(float(given[(given < minimum) | (given > maximum)][0]), minimum, maximum, name)
    places = given.astype(np.intp)
    if column.dtype.kind == "f" and (places != given).any():
        return None
    places -= minimum
    return np.bincount(places, minlength=maximum - minimum + 1)


def _describe_counts(counts: NDArray[np.int64], minimum: int) -> _Described:
    n = int(counts.sum())
    values = np.arange(len(counts), dtype=np.float64) + minimum
    mean = float(counts @ values / n) if n else np.nan
    spread = float(counts @ (values - mean) ** 2 / (n - 1)) if n > 1 else np.nan
    return _Described(n, mean, float(np.sqrt(spread)), int(counts[0]), int(counts[-1]), tuple(map(int, counts)))


def _describe_fractions(column: Floats, name: str, minimum: int, maximum: int) -> _Described:
    given = column[~np.isnan(column)]
    outside = given[(given < minimum) | (given > maximum)]
    if outside.size:
        raise OutOfRange(float(outside[0]), minimum, maximum, name)
    mean = float(given.mean()) if given.size else np.nan
    sd = float(given.std(ddof=1)) if given.size > 1 else np.nan
    return _Described(given.size, mean, sd, int((given == minimum).sum()), int((given == maximum).sum()), None)


def _beside_the_others(moments: Moments, confidence: float) -> list[_Together]:
    covariance = moments.covariance
    variances, sums, total = np.diag(covariance), covariance.sum(axis=1), float(covariance.sum())
    rest = total - 2 * sums + variances
    spreads = np.sqrt(np.where(variances > 0, variances, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        corrected = (sums - variances) / (spreads * np.sqrt(np.where(rest > 0, rest, np.nan)))
        uncorrected = sums / (spreads * np.sqrt(total)) if total > 0 else np.full(len(sums), np.nan)
    common = _common_correlations(covariance)
    return [
        _Together(
            _known(corrected[place]),
            _known(uncorrected[place]),
            _known(common[place]),
            alpha_of(_without(moments, place), confidence) if len(covariance) > 2 else None,
        )
        for place in range(len(covariance))
    ]


def _common_correlations(covariance: Floats) -> Floats:
    """Correlations with the sum of what the items have in common, their own share being what the others explain."""
    correlations = correlations_of(covariance)
    explained = None if np.isnan(correlations).any() else squared_multiple_correlations(correlations)
    if explained is None:
        return np.full(len(covariance), np.nan)
    np.fill_diagonal(correlations, explained)
    total = float(correlations.sum())
    return correlations.sum(axis=0) / np.sqrt(total) if total > 0 else np.full(len(covariance), np.nan)


def _without(moments: Moments, place: int) -> Moments:
    others = np.delete(np.arange(len(moments.means)), place)
    return Moments(moments.means[others], moments.covariance[np.ix_(others, others)], moments.n, moments.missing)


def _statistics(name: str, item: _Described, beside: _Together, rows: int) -> ItemStatistics:
    floor = item.at_minimum / item.n if item.n else None
    ceiling = item.at_maximum / item.n if item.n else None
    missing = 1 - item.n / rows if rows else 0.0
    return ItemStatistics(
        name=name,
        n_used=item.n,
        mean=_known(item.mean),
        sd=_known(item.sd),
        corrected_r=beside.corrected_r,
        uncorrected_r=beside.uncorrected_r,
        common_r=beside.common_r,
        alpha_without=None if beside.without is None else beside.without.alpha,
        without=beside.without,
        floor=floor,
        ceiling=ceiling,
        missing=missing,
        counts=item.counts,
        warnings=_warnings(item, beside.corrected_r, floor, ceiling, missing),
    )


def _warnings(
    item: _Described, corrected_r: float | None, floor: float | None, ceiling: float | None, missing: float
) -> tuple[str, ...]:
    said = {
        "nobody answered it": item.n == 0,
        "everybody gave the same answer": item.n > 1 and item.sd == 0,
        "goes against the others: check the key": corrected_r is not None and corrected_r < 0,
        f"hangs together with the others below {LOW_CORRELATION:.2f}": corrected_r is not None
        and 0 <= corrected_r < LOW_CORRELATION,
        f"over {MANY_AT_THE_END:.0%} chose the lowest option": floor is not None and floor > MANY_AT_THE_END,
        f"over {MANY_AT_THE_END:.0%} chose the highest option": ceiling is not None and ceiling > MANY_AT_THE_END,
        f"over {MANY_MISSING:.0%} left it out": item.n > 0 and missing > MANY_MISSING,
    }
    return tuple(words for words, holds in said.items() if holds)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
