"""Two versions side by side: every item of either, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from instruments.definitions import Instrument, Item
from instruments.equivalence import Comparison


class Fate(StrEnum):
    """What became of an item."""

    ANCHOR = "stays, links the two"
    KEPT = "stays"
    CHANGED = "changed"
    ADDED = "new"
    REMOVED = "gone"


@dataclass(frozen=True)
class ItemPair:
    """An item before and after; None where that version does not have it."""

    id: str
    before: Item | None
    after: Item | None
    fate: Fate


@dataclass(frozen=True)
class ScalePair:
    """The items of a scale in either version, scored and rotating; `scale` is None for items outside scales."""

    scale: str | None
    items: tuple[ItemPair, ...]


def side_by_side(before: Instrument, after: Instrument, comparison: Comparison) -> tuple[ScalePair, ...]:
    """Pair the items of two versions, scale by scale, in the order of the new one with what is gone at the end."""
    scales = dict.fromkeys([*(scale.id for scale in after.scales), *(scale.id for scale in before.scales)])
    anchors = {item for verdict in comparison.scales for item in verdict.common_items}
    pairs = (ScalePair(scale, tuple(_pairs(before, after, scale, anchors))) for scale in [*scales, None])
    return tuple(pair for pair in pairs if pair.items)


def _pairs(before: Instrument, after: Instrument, scale: str | None, anchors: set[str]) -> Iterator[ItemPair]:
    old, new = ({item.id: item for item in version.items if item.scale == scale} for version in (before, after))
    for identity in dict.fromkeys([*new, *old]):
        ours, theirs = old.get(identity), new.get(identity)
        yield ItemPair(identity, ours, theirs, _fate(before, after, ours, theirs, identity in anchors))


def _fate(before: Instrument, after: Instrument, ours: Item | None, theirs: Item | None, is_anchor: bool) -> Fate:  # noqa: FBT001 - one of the facts
    if ours is None or theirs is None:
        return Fate.ADDED if ours is None else Fate.REMOVED
    if is_anchor:
        return Fate.ANCHOR
    same_options = before.response_set_of(ours) == after.response_set_of(theirs)
    return Fate.KEPT if ours == theirs and same_options else Fate.CHANGED
