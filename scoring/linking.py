"""Links between versions of a scale: what a score of one is worth on the other, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scoring.equipercentile import EquipercentileLink, equipercentile
from scoring.errors import ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.matrices import Floats, as_floats

__all__ = [
    "METHODS",
    "EquipercentileLink",
    "LinearLink",
    "chained",
    "equipercentile",
    "levine",
    "levine_true",
    "link",
    "mean_sigma",
    "tucker",
    "tucker_mean",
]

DRAWS = 400
"""Bootstrap samples for the error of a link."""

SURE = 100
"""People per version below which a mean link, or a break with a mark, is the honest choice: Kolen & Brennan 2014."""


@dataclass(frozen=True)
class LinearLink:
    """``y = slope x + intercept`` with what it rests on.

    `error` is the bootstrap standard error of a linked score at the mean of X; `draws` holds the slopes and intercepts
    it comes from, shape (draws, 2), so that `error_at` can tell it anywhere.
    """

    slope: float
    intercept: float
    error: float
    draws: Floats
    n: tuple[int, int]
    method: str
    warnings: tuple[str, ...]

    def __call__(self, scores: ArrayLike) -> Floats:
        """Scores of X in units of Y."""
        return self.transform(scores)

    def transform(self, scores: ArrayLike) -> Floats:
        """Scores of X in units of Y."""
        return np.asarray(self.slope * np.asarray(scores, dtype=np.float64) + self.intercept)

    def error_at(self, scores: ArrayLike) -> Floats:
        """Standard error of linked scores."""
        points = np.asarray(scores, dtype=np.float64)
        return np.asarray((self.draws[:, :1] * points.reshape(1, -1) + self.draws[:, 1:]).std(axis=0, ddof=1))


def mean_sigma(x: ArrayLike, y: ArrayLike, *, paired: bool = False, seed: int = 1) -> LinearLink:
    """Link by mean and spread: ``sd_y / sd_x (x - m_x) + m_y``.

    Kolen & Brennan 2014, *Test Equating, Scaling, and Linking*, 2.3 (R: ``equate(type = "linear")``).

    Parameters
    ----------
    x, y
        Scores on either version, NaN where missing: of two random groups, or of the same people in the same order.
    paired
        Whether they are the same people; a pair with a missing score is left out, and pairs are drawn together.
    seed
        Of the bootstrap.

    Raises
    ------
    TooFewAnswers
        Fewer than two scores, or scores that do not vary.
    ShapesDiffer
        Pairs of unequal length.
    """
    if not paired:
        return _linked(_mean_sigma, [_column(x), _column(y)], "mean-sigma, two random groups", seed)
    both = _together(x, y)
    return _linked(lambda only: _mean_sigma(only[:, :1], only[:, 1:]), [both], "mean-sigma, the same people", seed)


def tucker(
    x: ArrayLike, x_anchor: ArrayLike, y: ArrayLike, y_anchor: ArrayLike, *, weight: float = 0.5, seed: int = 1
) -> LinearLink:
    """Link two groups that share an anchor, taking the regression of the score on the anchor as the same in both.

    Kolen & Brennan 2014, 4.1 (R: ``equate(type = "linear", method = "tucker")``).

    Parameters
    ----------
    x, x_anchor
        Total and anchor scores of the people who answered X; y, y_anchor likewise. NaN where missing.
    weight
        Of the X group in the synthetic population.

    Raises
    ------
    TooFewAnswers, ShapesDiffer
        As `mean_sigma`.
    """
    return _linked(
        lambda old, new: _synthetic(old, new, _tucker_slope, weight),
        [_together(x, x_anchor), _together(y, y_anchor)],
        "Tucker",
        seed,
    )


def levine(
    x: ArrayLike, x_anchor: ArrayLike, y: ArrayLike, y_anchor: ArrayLike, *, weight: float = 0.5, seed: int = 1
) -> LinearLink:
    """Link observed scores of two groups by an internal anchor, taking true scores as perfectly related to it.

    The slope on the anchor is var(X) / cov(X, V), for an anchor that is part of the total. Kolen & Brennan 2014, 4.2
    (R: ``equate(method = "levine")``). Parameters and errors as `tucker`.
    """
    return _linked(
        lambda old, new: _synthetic(old, new, _levine_slope, weight),
        [_together(x, x_anchor), _together(y, y_anchor)],
        "Levine, observed scores",
        seed,
    )


def levine_true(x: ArrayLike, x_anchor: ArrayLike, y: ArrayLike, y_anchor: ArrayLike, *, seed: int = 1) -> LinearLink:
    """Link true scores by an internal anchor.

    Kolen & Brennan 2014, 4.3 (R: ``equate(method = "levine", lts = TRUE)``). Parameters and errors as `tucker`.
    """
    return _linked(_levine_true, [_together(x, x_anchor), _together(y, y_anchor)], "Levine, true scores", seed)


def chained(x: ArrayLike, x_anchor: ArrayLike, y: ArrayLike, y_anchor: ArrayLike, *, seed: int = 1) -> LinearLink:
    """Link X to the anchor in the one group, and the anchor to Y in the other, each by mean and spread.

    Kolen & Brennan 2014, 4.4 (R: ``equate(type = "linear", method = "chained")``). Parameters and errors as `tucker`.
    """
    return _linked(_chained, [_together(x, x_anchor), _together(y, y_anchor)], "chained linear", seed)


def tucker_mean(
    x: ArrayLike, x_anchor: ArrayLike, y: ArrayLike, y_anchor: ArrayLike, *, weight: float = 0.5, seed: int = 1
) -> LinearLink:
    """Link by means alone, for fewer than about a hundred people a version (R: ``equate(type = "mean")``)."""
    return _linked(
        lambda old, new: _means_only(_synthetic_moments(old, new, _tucker_slope, weight)),
        [_together(x, x_anchor), _together(y, y_anchor)],
        "Tucker, means",
        seed,
    )


METHODS: dict[str, Callable[..., LinearLink]] = {
    "mean-sigma": mean_sigma,
    "tucker": tucker,
    "levine": levine,
    "levine-true": levine_true,
    "chained": chained,
    "tucker-mean": tucker_mean,
}


def link(method: str, *samples: ArrayLike) -> LinearLink:
    """A link by the name of its method.

    Raises
    ------
    UnknownChoice
        There is no such method.
    """
    if method not in METHODS:
        raise UnknownChoice("linking method", method, METHODS)
    return METHODS[method](*samples)


Estimator = Callable[..., tuple[float, float]]


def _linked(estimator: Estimator, samples: Sequence[Floats], method: str, seed: int) -> LinearLink:
    for sample in samples:
        if len(sample) < 2 or not (sample.var(axis=0) > 0).all():
            raise TooFewAnswers("A link needs two scores or more on either side, and scores that vary.")
    slope, intercept = estimator(*samples)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        again = [sample[rng.integers(0, len(sample), len(sample))] for sample in samples]
        if all((part.var(axis=0) > 0).all() for part in again):
            drawn.append(estimator(*again))
    draws = np.array(drawn).reshape(-1, 2)
    centre = float(samples[0][:, 0].mean())
    sizes = (len(samples[0]), len(samples[-1]))
    few = (f"fewer than {SURE} people a version: prefer a mean link, or a break with a mark",)
    return LinearLink(
        slope=slope,
        intercept=intercept,
        error=float((draws[:, 0] * centre + draws[:, 1]).std(ddof=1)),
        draws=draws,
        n=sizes,
        method=method,
        warnings=few if min(sizes) < SURE else (),
    )


def _column(scores: ArrayLike) -> Floats:
    column = as_floats(scores)[:, :1]
    return column[~np.isnan(column[:, 0])]


def _together(first: ArrayLike, second: ArrayLike) -> Floats:
    left, right = (as_floats(scores)[:, 0] for scores in (first, second))
    if len(left) != len(right):
        raise ShapesDiffer(f"{len(left)} scores and {len(right)} others are not of the same people.")
    both = np.column_stack([left, right])
    return both[~np.isnan(both).any(axis=1)]


def _mean_sigma(x: Floats, y: Floats) -> tuple[float, float]:
    slope = float(y[:, 0].std(ddof=1) / x[:, 0].std(ddof=1))
    return slope, float(y[:, 0].mean()) - slope * float(x[:, 0].mean())


def _tucker_slope(sample: Floats) -> float:
    covariance = np.cov(sample, rowvar=False)
    return float(covariance[0, 1] / covariance[1, 1])


def _levine_slope(sample: Floats) -> float:
    covariance = np.cov(sample, rowvar=False)
    return float(covariance[0, 0] / covariance[0, 1])


def _synthetic_moments(
    old: Floats, new: Floats, slope_on_anchor: Callable[[Floats], float], weight: float
) -> tuple[float, float, float, float]:
    """Means and variances of X and Y in the synthetic population: Kolen & Brennan 2014, eq. 4.17 to 4.20."""
    apart = float(old[:, 1].mean() - new[:, 1].mean())
    wider = float(old[:, 1].var(ddof=1) - new[:, 1].var(ddof=1))
    on_old, on_new, rest = slope_on_anchor(old), slope_on_anchor(new), 1 - weight
    return (
        float(old[:, 0].mean()) - rest * on_old * apart,
        float(new[:, 0].mean()) + weight * on_new * apart,
        float(old[:, 0].var(ddof=1)) - rest * on_old**2 * wider + weight * rest * on_old**2 * apart**2,
        float(new[:, 0].var(ddof=1)) + weight * on_new**2 * wider + weight * rest * on_new**2 * apart**2,
    )


def _synthetic(
    old: Floats, new: Floats, slope_on_anchor: Callable[[Floats], float], weight: float
) -> tuple[float, float]:
    mean_x, mean_y, variance_x, variance_y = _synthetic_moments(old, new, slope_on_anchor, weight)
    slope = float(np.sqrt(max(variance_y, 0.0) / variance_x)) if variance_x > 0 else 1.0
    return slope, mean_y - slope * mean_x


def _means_only(moments: tuple[float, float, float, float]) -> tuple[float, float]:
    return 1.0, moments[1] - moments[0]


def _levine_true(old: Floats, new: Floats) -> tuple[float, float]:
    on_old, on_new = _levine_slope(old), _levine_slope(new)
    slope = on_new / on_old
    apart = float(old[:, 1].mean() - new[:, 1].mean())
    return slope, float(new[:, 0].mean()) + on_new * apart - slope * float(old[:, 0].mean())


def _chained(old: Floats, new: Floats) -> tuple[float, float]:
    first, second = _mean_sigma(old[:, :1], old[:, 1:]), _mean_sigma(new[:, 1:], new[:, :1])
    return first[0] * second[0], second[0] * first[1] + second[1]
