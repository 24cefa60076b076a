"""Links that give equal ranks to equal scores, from the whole distributions of two versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scoring.errors import DidNotConverge, OutOfRange, ShapesDiffer, TooFewAnswers
from scoring.matrices import Floats, as_floats

DRAWS = 200
"""Bootstrap samples for the error of a link."""

_STEPS = 200
_NOTHING = 1e-9
"""A cumulative share that counts as none: what rounding leaves of an empty stretch."""

Scale = tuple[int, int]
"""The lowest and the highest score that a version can give."""


@dataclass(frozen=True)
class EquipercentileLink:
    """For each score of X in `scale`, the score of Y with the same percentile rank, and its bootstrap error."""

    scale: Floats
    linked: Floats
    errors: Floats
    n: tuple[int, int]
    method: str
    warnings: tuple[str, ...]

    @property
    def error(self) -> float:
        """The mean of the errors over the scale."""
        return float(self.errors.mean())

    def __call__(self, scores: ArrayLike) -> Floats:
        """Scores of X in units of Y, between whole scores in proportion."""
        return self.transform(scores)

    def transform(self, scores: ArrayLike) -> Floats:
        """Scores of X in units of Y, between whole scores in proportion."""
        return np.asarray(np.interp(np.asarray(scores, dtype=np.float64), self.scale, self.linked))


def equipercentile(
    x: ArrayLike, y: ArrayLike, *, x_scale: Scale, y_scale: Scale, smoothing: int = 0, seed: int = 1
) -> EquipercentileLink:
    """Link the whole distributions of two random groups, or of the same people.

    Kolen & Brennan 2014, *Test Equating, Scaling, and Linking*, 2.5 (R: ``equate(type = "equipercentile")``); noisy in
    the tails.

    Parameters
    ----------
    x, y
        Whole-numbered scores, NaN where missing.
    x_scale, y_scale
        The lowest and highest possible score.
    smoothing
        Moments of the distributions that loglinear presmoothing keeps; 0 for none (Holland & Thayer 2000, *Journal of
        Educational and Behavioral Statistics* 25, 133-183).

    Raises
    ------
    OutOfRange
        A score lies outside its scale.
    TooFewAnswers
        No scores on one side.
    """

    def estimate(old: Floats, new: Floats) -> Floats:
        shares = [
            smoothed(counts, smoothing) if smoothing else counts
            for counts in (_counts(old[:, 0], x_scale), _counts(new[:, 0], y_scale))
        ]
        return equate(shares[0], shares[1], y_scale[0])

    name = "equipercentile" + (f", loglinear smoothing of {smoothing} moments" if smoothing else "")
    return _linked(estimate, [_column(x, x_scale), _column(y, y_scale)], x_scale, name, seed)


def chained_equipercentile(
    x: ArrayLike,
    x_anchor: ArrayLike,
    y: ArrayLike,
    y_anchor: ArrayLike,
    *,
    scales: tuple[Scale, Scale, Scale],
    seed: int = 1,
) -> EquipercentileLink:
    """X to the anchor by ranks in the one group, the anchor to Y by ranks in the other.

    Kolen & Brennan 2014, 5.2 (R: ``equate(type = "equip", method = "chained")``). `scales` are those of X, of Y and of
    the anchor; other parameters and errors as `equipercentile`.
    """
    x_scale, y_scale, anchor_scale = scales

    def estimate(old: Floats, new: Floats) -> Floats:
        anchored = equate(_counts(old[:, 0], x_scale), _counts(old[:, 1], anchor_scale), anchor_scale[0])
        anchor, target = _counts(new[:, 1], anchor_scale), _counts(new[:, 0], y_scale)
        return _at_ranks(ranks(anchored, anchor, anchor_scale[0]), target, y_scale[0])

    samples = [_pairs(x, x_anchor, x_scale, anchor_scale), _pairs(y, y_anchor, y_scale, anchor_scale)]
    return _linked(estimate, samples, x_scale, "chained equipercentile", seed)


def frequency_estimation(
    x: ArrayLike,
    x_anchor: ArrayLike,
    y: ArrayLike,
    y_anchor: ArrayLike,
    *,
    scales: tuple[Scale, Scale, Scale],
    weight: float = 0.5,
    seed: int = 1,
) -> EquipercentileLink:
    """Ranks in a synthetic population, in which scores at each anchor score are spread as they were observed.

    Kolen & Brennan 2014, 5.1 (R: ``equate(type = "equip", method = "frequency")``). `scales` as in
    `chained_equipercentile`; `weight` is that of the X group.
    """
    x_scale, y_scale, anchor_scale = scales

    def estimate(old: Floats, new: Floats) -> Floats:
        shares = synthetic_shares(_table(old, x_scale, anchor_scale), _table(new, y_scale, anchor_scale), weight)
        return equate(shares[0], shares[1], y_scale[0])

    samples = [_pairs(x, x_anchor, x_scale, anchor_scale), _pairs(y, y_anchor, y_scale, anchor_scale)]
    return _linked(estimate, samples, x_scale, "frequency estimation", seed)


def braun_holland(
    x: ArrayLike,
    x_anchor: ArrayLike,
    y: ArrayLike,
    y_anchor: ArrayLike,
    *,
    scales: tuple[Scale, Scale, Scale],
    weight: float = 0.5,
    seed: int = 1,
) -> EquipercentileLink:
    """The straight line through the means and spreads of the synthetic population of `frequency_estimation`.

    Braun & Holland 1982 (R: ``equate(type = "linear", method = "braun/holland")``).
    """
    x_scale, y_scale, anchor_scale = scales

    def estimate(old: Floats, new: Floats) -> Floats:
        shares = synthetic_shares(_table(old, x_scale, anchor_scale), _table(new, y_scale, anchor_scale), weight)
        points = [np.arange(scale[0], scale[1] + 1) for scale in (x_scale, y_scale)]
        means = [float(part @ own) for part, own in zip(shares, points, strict=True)]
        spreads = [
            np.sqrt(float(part @ (own - mean) ** 2)) for part, own, mean in zip(shares, points, means, strict=True)
        ]
        return np.asarray(spreads[1] / spreads[0] * (points[0] - means[0]) + means[1])

    samples = [_pairs(x, x_anchor, x_scale, anchor_scale), _pairs(y, y_anchor, y_scale, anchor_scale)]
    return _linked(estimate, samples, x_scale, "Braun-Holland linear", seed)


def equate(x_counts: Floats, y_counts: Floats, y_lowest: int) -> Floats:
    """The score of Y with the percentile rank of each score of X, given counts or shares by score."""
    return _at_ranks(percentile_ranks(x_counts), y_counts, y_lowest)


def percentile_ranks(counts: Floats) -> Floats:
    """The share below each score with half the share at it, shape as `counts`."""
    shares = counts / counts.sum()
    return np.asarray(np.cumsum(shares) - shares / 2)


def ranks(scores: Floats, counts: Floats, lowest: int) -> Floats:
    """Percentile ranks of scores that need not be whole, each score's people spread evenly over its unit."""
    edges = np.arange(len(counts) + 1) + lowest - 0.5
    return np.asarray(np.interp(scores, edges, np.concatenate([[0.0], np.cumsum(counts / counts.sum())])))


def synthetic_shares(x_table: Floats, y_table: Floats, weight: float) -> tuple[Floats, Floats]:
    """Shares of X and of Y in the synthetic population, from tables of score by anchor score."""
    anchors = [table.sum(axis=0) / table.sum() for table in (x_table, y_table)]
    shares = []
    for table, own, other, own_weight in (
        (x_table, anchors[0], anchors[1], weight),
        (y_table, anchors[1], anchors[0], 1 - weight),
    ):
        given = np.divide(table / table.sum(), own, out=np.zeros(table.shape), where=own > 0)
        shares.append(np.asarray(given @ (own_weight * own + (1 - own_weight) * other)))
    return shares[0] / shares[0].sum(), shares[1] / shares[1].sum()


def smoothed(counts: Floats, moments: int) -> Floats:
    """Loglinear smoothing that keeps the first moments of a distribution: Poisson regression on orthogonal powers.

    Raises
    ------
    DidNotConverge
        The smoothing found no answer, as when one score holds nearly everybody.
    """
    points = np.linspace(-1, 1, len(counts))
    design = np.linalg.qr(np.vander(points, moments + 1, increasing=True))[0]
    fitted = np.maximum(counts, 0.5)
    logs = np.log(fitted)
    for _ in range(_STEPS):
        weighted = design * fitted[:, None]
        step = np.linalg.solve(design.T @ weighted, weighted.T @ (logs + (counts - fitted) / fitted))
        moved = design @ step
        if np.abs(moved - logs).max() < 1e-12:
            return fitted
        logs, fitted = moved, np.exp(np.clip(moved, -700, 700))
    raise DidNotConverge("The smoothing", _STEPS)


def _at_ranks(wanted: Floats, counts: Floats, lowest: int) -> Floats:
    """Scores at percentile ranks: within the first score whose cumulative share exceeds the rank, in proportion."""
    shares = counts / counts.sum()
    cumulative = np.cumsum(shares)
    upper = np.minimum(np.searchsorted(cumulative, wanted + _NOTHING, side="right"), len(counts) - 1)
    below = np.where(upper > 0, cumulative[upper - 1], 0.0)
    inside = np.clip((wanted - below) / np.maximum(shares[upper], _NOTHING), 0.0, 1.0)
    return np.asarray(np.where(wanted >= 1 - _NOTHING, lowest + len(counts) - 0.5, lowest + upper - 0.5 + inside))


def _linked(
    estimate: Callable[[Floats, Floats], Floats], samples: Sequence[Floats], x_scale: Scale, method: str, seed: int
) -> EquipercentileLink:
    rng = np.random.default_rng(seed)
    draws = np.array(
        [estimate(*(sample[rng.integers(0, len(sample), len(sample))] for sample in samples)) for _ in range(DRAWS)]
    )
    sizes = (len(samples[0]), len(samples[1]))
    few = ("fewer than 100 people a version: the tails say nothing",)
    return EquipercentileLink(
        scale=np.arange(x_scale[0], x_scale[1] + 1, dtype=np.float64),
        linked=estimate(*samples),
        errors=draws.std(axis=0, ddof=1),
        n=sizes,
        method=method,
        warnings=few if min(sizes) < 100 else (),
    )


def _column(scores: ArrayLike, scale: Scale) -> Floats:
    column = as_floats(scores)[:, :1]
    known = column[~np.isnan(column[:, 0])]
    return _checked(known, [scale])


def _pairs(scores: ArrayLike, anchors: ArrayLike, scale: Scale, anchor_scale: Scale) -> Floats:
    left, right = (as_floats(part)[:, 0] for part in (scores, anchors))
    if len(left) != len(right):
        raise ShapesDiffer(f"{len(left)} scores and {len(right)} anchor scores are not of the same people.")
    both = np.column_stack([left, right])
    return _checked(both[~np.isnan(both).any(axis=1)], [scale, anchor_scale])


def _checked(sample: Floats, scales: Sequence[Scale]) -> Floats:
    if not len(sample):
        raise TooFewAnswers("A link needs scores on either side.")
    for column, (lowest, highest) in enumerate(scales):
        outside = (sample[:, column] < lowest) | (sample[:, column] > highest) | (sample[:, column] % 1 != 0)
        if outside.any():
            raise OutOfRange(float(sample[outside, column][0]), lowest, highest)
    return sample


def _counts(scores: Floats, scale: Scale) -> Floats:
    return np.bincount((scores - scale[0]).astype(np.intp), minlength=scale[1] - scale[0] + 1).astype(np.float64)


def _table(sample: Floats, scale: Scale, anchor_scale: Scale) -> Floats:
    width = anchor_scale[1] - anchor_scale[0] + 1
    cells = (sample[:, 0] - scale[0]).astype(np.intp) * width + (sample[:, 1] - anchor_scale[0]).astype(np.intp)
    return np.bincount(cells, minlength=(scale[1] - scale[0] + 1) * width).reshape(-1, width).astype(np.float64)
