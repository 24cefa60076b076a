"""The figures of a group, from the protected counts of its blocks and the sizes of their rosters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboards.snapshots import FavourableShare
from dashboards.suppression.rounding import round_share, whole
from scoring.tallies import Tally, measure_mean, points
from scoring.uncertainty import favourable_interval

MIDDLE = 50.0


@dataclass(frozen=True)
class ProtectedMeasure:
    """A measure's protected counts, and in which blocks enough people answered each of its items.

    `unions` are the coarser blocks of ten people or more from which shares of answers may be told: places of blocks.
    """

    id: str
    reference_sd: float
    higher_is_better: bool
    items: tuple[Tally, ...]
    enough_answers: np.ndarray
    unions: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Part:
    """Blocks that are counted together: their places, how many people answered, and how many were asked."""

    blocks: tuple[int, ...]
    answered: int
    roster_size: int | None


def mean_of(measure: ProtectedMeasure, parts: Sequence[Part]) -> float:
    """Mean of a measure in points of 100, each part counted by its roster where rosters are known.

    So a part in which many answered does not speak for one in which few did.
    """
    means = [measure_mean([tally[list(part.blocks)].sum(axis=0) for tally in measure.items]) for part in parts]
    return float(np.average(means, weights=_weights(parts)))


def favourable_of(measure: ProtectedMeasure, parts: Sequence[Part]) -> FavourableShare:
    """Share of answers in the better half of their scale, all items alike, rounded, with a Wilson interval.

    The interval takes people and not answers for its n, because one person's answers are alike, and encloses the
    intervals of every share that the rounded one can stand for.
    """
    weights = _weights(parts)
    shares = [_share(measure, part) for part in parts]
    share = float(np.average(shares, weights=weights))
    answered = sum(part.answered for part in parts)
    counted = int(1 / sum(weight**2 / part.answered for weight, part in zip(weights, parts, strict=True)))
    shown = round_share(100 * share, answered)
    return FavourableShare(
        share=shown.score,
        low=shown.low,
        high=shown.high,
        likely_low=whole(100 * favourable_interval(shown.low / 100 * counted, counted).lower),
        likely_high=whole(100 * favourable_interval(shown.high / 100 * counted, counted).upper),
    )


def _weights(parts: Sequence[Part]) -> np.ndarray:
    known = all(part.roster_size for part in parts)
    sizes = np.array([part.roster_size if known else part.answered for part in parts], dtype=np.float64)
    return np.asarray(sizes / sizes.sum())


def _share(measure: ProtectedMeasure, part: Part) -> float:
    found = []
    for tally in measure.items:
        counts = tally[list(part.blocks)].sum(axis=0)
        worth = points(len(counts))
        better = worth > MIDDLE if measure.higher_is_better else worth < MIDDLE
        found.append(counts[better].sum() / counts.sum())
    return float(np.mean(found))
