"""How far a change of a scale's items moves its scores by itself, estimated from the items that stayed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ImpossibleSample
from scoring.tallies import points

ItemCounts = Mapping[str, NDArray[np.int64]]
"""A scale's answers by option, item by item, in the scored direction."""


@dataclass(frozen=True)
class Link:
    """What a new set of items adds to a scale's mean, in points of 100: new score = old score + shift."""

    shift: float
    standard_error: float
    anchors: tuple[str, ...]
    n_before: int
    n_after: int
    method: str = "nominal weights mean"


def nominal_weights_mean(before: ItemCounts, after: ItemCounts, anchors: Collection[str]) -> Link:
    """Link two versions of a scale by their common items, when each was answered on an occasion of its own.

    People may have changed between the occasions, and the anchors say by how much; what the whole scale moved beyond
    the anchors is the questions' doing. With means of items in points of 100,

        shift = (mean(Y) - mean(X)) - (mean(V after) - mean(V before)),

    which is nominal weights mean equating: Babcock, Albano & Raymond 2012, *Educational and Psychological Measurement*
    72, 608-628 (R: ``equate(..., type = "mean", method = "nominal weights")``), meant for samples as small as ours. The
    standard error is that of the two contrasts of item means, each item's answers taken as independent of the other
    items': an upper bound wherever a scale's items agree alike with one another, and all that counts of answers tell.

    Parameters
    ----------
    before, after
        Counts by option of each item of the scale, shape (options,); at least one answer to every item.
    anchors
        Ids of items that are in both.

    Raises
    ------
    ImpossibleSample
        There is no anchor, or an item without an answer.

    Examples
    --------
    >>> half, high = np.array([5, 5]), np.array([0, 10])
    >>> nominal_weights_mean({"a": half, "b": half}, {"a": half, "c": high}, ["a"]).shift
    25.0
    """
    common = tuple(item for item in after if item in set(anchors) and item in before)
    if not common or any(counts.sum() == 0 for counts in (*before.values(), *after.values())):
        raise ImpossibleSample("A link needs an item that both versions ask, and an answer to every item.")
    (old_contrast, old_variance), (new_contrast, new_variance) = (
        _beyond_anchors(version, common) for version in (before, after)
    )
    return Link(
        shift=new_contrast - old_contrast,
        standard_error=sqrt(old_variance + new_variance),
        anchors=common,
        n_before=int(max(counts.sum() for counts in before.values())),
        n_after=int(max(counts.sum() for counts in after.values())),
    )


def _beyond_anchors(items: ItemCounts, anchors: Collection[str]) -> tuple[float, float]:
    """The scale's mean less its anchors' mean, and the variance of that contrast."""
    contrast = variance = 0.0
    for item, counts in items.items():
        weight = 1 / len(items) - (1 / len(anchors) if item in anchors else 0.0)
        mean, spread = _moments(counts)
        contrast += weight * mean
        variance += weight**2 * spread / int(counts.sum())
    return contrast, variance


def _moments(counts: NDArray[np.int64]) -> tuple[float, float]:
    worth = points(len(counts))
    mean = float(counts @ worth / counts.sum())
    return mean, float(counts @ (worth - mean) ** 2 / max(int(counts.sum()) - 1, 1))
