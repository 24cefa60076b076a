"""The figures of a group, from the protected counts of its blocks and the sizes of their rosters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboards.snapshots import FavourableShare
from dashboards.suppression.blocks import Block
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

    @cached_property
    def block_means(self) -> np.ndarray:
        """Each block's mean in points of 100, shape (blocks,); NaN where an item has no answer."""
        with np.errstate(invalid="ignore"):
            means = [tally @ points(tally.shape[1]) / tally.sum(axis=1) for tally in self.items]
        return np.asarray(np.mean(means, axis=0))

    @cached_property
    def union_of_block(self) -> dict[int, int]:
        """The place of the union that each block is in."""
        return {block: place for place, union in enumerate(self.unions) for block in union}

    @cached_property
    def union_shares(self) -> np.ndarray:
        """The share of each union's answers that lie in the better half of their scale, all items alike."""
        blocks, unions = np.array(list(self.union_of_block.items()), dtype=np.intp).reshape(-1, 2).T
        found = []
        for tally in self.items:
            counts = np.zeros((len(self.unions), tally.shape[1]))
            np.add.at(counts, unions, tally[blocks])
            worth = points(tally.shape[1])
            better = worth > MIDDLE if self.higher_is_better else worth < MIDDLE
            found.append(counts[:, better].sum(axis=1) / counts.sum(axis=1))
        return np.asarray(np.mean(found, axis=0))


@dataclass(frozen=True)
class BlockSizes:
    """How many people of each block answered, and how many were asked; None where nobody knows."""

    answered: np.ndarray
    invited: np.ndarray | None

    def weights(self, blocks: Sequence[int]) -> np.ndarray:
        """What each block counts for: its roster where rosters are known, else its answers.

        So a team in which many answered does not speak for one in which few did.
        """
        sizes = (self.answered if self.invited is None else self.invited)[list(blocks)].astype(np.float64)
        return np.asarray(sizes / sizes.sum())


def mean_of(measure: ProtectedMeasure, blocks: Sequence[int], sizes: BlockSizes) -> float:
    """Mean of a measure over blocks, in points of 100; where rosters are unknown, that of all their answers alike."""
    if sizes.invited is None:
        return measure_mean([tally[list(blocks)].sum(axis=0) for tally in measure.items])
    return float(measure.block_means[list(blocks)] @ sizes.weights(blocks))


def unions_inside(measure: ProtectedMeasure, blocks: Sequence[int]) -> list[int]:
    """The places of the unions that lie wholly in a group of these blocks."""
    found = Counter(measure.union_of_block[block] for block in blocks if block in measure.union_of_block)
    return sorted(union for union, count in found.items() if count == len(measure.unions[union]))


def favourable_of(
    measure: ProtectedMeasure, unions: Sequence[int], sizes: BlockSizes, wave_blocks: Sequence[Block]
) -> FavourableShare:
    """Share of favourable answers over unions, rounded, with a Wilson interval.

    The measure's places are those of `wave_blocks`. The interval takes people and not answers for its n, because one
    person's answers are alike, and encloses the intervals of every share that the rounded one can stand for.
    """
    members = [list(measure.unions[union]) for union in unions]
    answered = np.array([sizes.answered[blocks].sum() for blocks in members], dtype=np.float64)
    asked = answered if sizes.invited is None else np.array([sizes.invited[blocks].sum() for blocks in members])
    weights = asked / asked.sum()
    share = float(weights @ measure.union_shares[list(unions)])
    counted = int(1 / (weights**2 / answered).sum())
    shown = round_share(100 * share, int(answered.sum()))
    return FavourableShare(
        share=shown.score,
        low=shown.low,
        high=shown.high,
        likely_low=whole(100 * favourable_interval(shown.low / 100 * counted, counted).lower),
        likely_high=whole(100 * favourable_interval(shown.high / 100 * counted, counted).upper),
        covers=tuple(sorted(team for blocks in members for block in blocks for team in wave_blocks[block].teams)),
    )
