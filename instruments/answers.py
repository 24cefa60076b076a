"""Check a set of answers against an instrument version."""

from __future__ import annotations

from collections.abc import Mapping

from instruments.definitions import Instrument
from instruments.errors import UnknownItem, UnknownResponse

Answers = Mapping[str, int]
"""The value given to each answered item, by item id; a skipped item is absent."""


def check_answers(instrument: Instrument, given: Mapping[str, str]) -> Answers:
    """Turn what a form or a file gave into answers, in the instrument's order of items.

    Parameters
    ----------
    given
        Raw text by item id. Blank means skipped.

    Raises
    ------
    UnknownItem
        An id that this version does not ask.
    UnknownResponse
        A value that is none of the item's options.
    """
    for item_id in given:
        if item_id not in instrument.items_by_id:
            raise UnknownItem(item_id)
    return {
        item.id: _value(instrument, item.id, given[item.id].strip())
        for item in instrument.items
        if given.get(item.id, "").strip()
    }


def _value(instrument: Instrument, item_id: str, raw: str) -> int:
    allowed = instrument.response_set_of(instrument.items_by_id[item_id]).values
    by_text = {str(value): value for value in allowed}
    if raw not in by_text:
        raise UnknownResponse(item_id, allowed)
    return by_text[raw]
