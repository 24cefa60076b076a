"""Check a set of answers against an instrument version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from instruments.definitions import Instrument, Item
from instruments.errors import UnknownItem, UnknownResponse

Answers = Mapping[str, int]
"""The value given to each answered item, by item id; a skipped item is absent."""


def check_answers(instrument: Instrument, asked: Sequence[Item], given: Mapping[str, str]) -> Answers:
    """Turn what a form or a file gave into answers, in the order in which the items were asked.

    Parameters
    ----------
    asked
        The items that were asked: with rotating items, not everybody is asked all of them.
    given
        Raw text by item id. Blank means skipped.

    Raises
    ------
    UnknownItem
        An id that was not asked.
    UnknownResponse
        A value that is none of the item's options.
    """
    known = {item.id for item in asked}
    for item_id in given:
        if item_id not in known:
            raise UnknownItem(item_id)
    return {
        item.id: _value(instrument, item, given[item.id].strip()) for item in asked if given.get(item.id, "").strip()
    }


def _value(instrument: Instrument, item: Item, raw: str) -> int:
    allowed = instrument.response_set_of(item).values
    by_text = {str(value): value for value in allowed}
    if raw not in by_text:
        raise UnknownResponse(item.id, allowed)
    return by_text[raw]
