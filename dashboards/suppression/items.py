"""Distributions of items as they may be shown: from protected counts of unions of ten people or more, rounded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboards.pages.reliability import ItemFigures
from dashboards.suppression.figures import ProtectedMeasure, unions_inside
from dashboards.suppression.rounding import ShownMean, round_for_display, round_share
from scoring.tallies import Tally, points

NOTHING = ItemFigures("–", "–", "–", "–")


def item_figures(
    measure: ProtectedMeasure, inside: frozenset[int], respondents: Sequence[int], width: float
) -> tuple[ItemFigures, ...]:
    """The figures of each item of a measure over the unions that lie wholly inside a group.

    Parameters
    ----------
    inside
        The places of the group's blocks.
    respondents
        People by block.
    width
        W in points of 100.
    """
    blocks = sorted(place for union in unions_inside(measure, sorted(inside)) for place in measure.unions[union])
    people = sum(respondents[place] for place in blocks)
    return tuple(_figures(tally, blocks, people, width) for tally in measure.items)


def _figures(tally: Tally, blocks: Sequence[int], people: int, width: float) -> ItemFigures:
    counts = tally[list(blocks)].sum(axis=0)
    answered = int(counts.sum())
    if not answered:
        return NOTHING
    mean = float(counts @ points(len(counts)) / answered)
    shares = [100 * float(count) / answered for count in (counts[0], counts[-1])]
    left_out = 100 * float(np.clip(1 - answered / people, 0, 1))
    return ItemFigures(
        mean=str(round_for_display(mean, answered, width).score),
        lowest=_share(round_share(shares[0], answered)),
        highest=_share(round_share(shares[1], answered)),
        left_out=_share(round_share(left_out, people)),
    )


def _share(shown: ShownMean) -> str:
    if shown.low == 0 and shown.score > 0:
        return f"{shown.score}% or less"
    if shown.high == 100 and shown.score < 100:
        return f"{shown.score}% or more"
    return f"{shown.score}%"
