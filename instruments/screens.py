"""Divide what somebody is asked into screens of a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from instruments.definitions import Instrument, Item, ResponseKind, ResponseSet

MOST_ITEMS = 4
MOST_OPTIONS_IN_A_ROW = 5


@dataclass(frozen=True)
class Screen:
    """Up to four items, asked with one lead-in and one set of options."""

    number: int
    items: tuple[Item, ...]
    options: ResponseSet

    @property
    def is_list(self) -> bool:
        """Whether the options stand under one another: more than a phone has room for in a row, or without order."""
        return is_list(self.options)


def is_list(options: ResponseSet) -> bool:
    """Whether options are better read as a list than as a row."""
    return options.kind is ResponseKind.NOMINAL or len(options.options) > MOST_OPTIONS_IN_A_ROW


def screens_of(instrument: Instrument, items: Sequence[Item]) -> tuple[Screen, ...]:
    """Divide items into screens, in their order.

    A screen never mixes response sets. Items of a scale stay together where there is room, and a longer scale is
    divided evenly; an item whose options are a list has a screen of its own.
    """
    screens: list[Screen] = []
    for response_set, run in groupby(items, key=lambda item: item.response_set):
        options = instrument.response_sets_by_id[response_set]
        for part in _parts(list(run), 1 if is_list(options) else MOST_ITEMS):
            screens.append(Screen(len(screens), tuple(part), options))
    return tuple(screens)


def _parts(items: Sequence[Item], most: int) -> Iterator[list[Item]]:
    part: list[Item] = []
    for _, of_scale in groupby(items, key=lambda item: item.scale):
        for piece in _evenly(list(of_scale), most):
            if part and len(part) + len(piece) > most:
                yield part
                part = []
            part += piece
    yield part


def _evenly(items: list[Item], most: int) -> Iterator[list[Item]]:
    pieces = ceil(len(items) / most)
    size, larger = divmod(len(items), pieces)
    start = 0
    for place in range(pieces):
        stop = start + size + (place < larger)
        yield items[start:stop]
        start = stop
