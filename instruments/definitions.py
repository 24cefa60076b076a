"""The values that describe an instrument: frozen, complete, and without any behaviour that needs a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Wording = Mapping[str, str]
"""A text in each of an instrument's languages, by language tag (`en`, `cy`)."""


class Direction(StrEnum):
    """Which end of a scale is the better one."""

    HIGHER_IS_BETTER = "higher_is_better"
    HIGHER_IS_WORSE = "higher_is_worse"


class MissingRule(StrEnum):
    """How many of a scale's items a person must have answered for the person's score to count."""

    ANY = "any"
    HALF = "half"
    MAJORITY = "majority"
    TWO_THIRDS = "two-thirds"
    COMPLETE = "complete"


@dataclass(frozen=True)
class ResponseOption:
    """A labelled value."""

    value: int
    label: Wording


@dataclass(frozen=True)
class ResponseSet:
    """The options of an item, in the order shown; values rise by one. `stem` leads into the items."""

    id: str
    stem: Wording
    options: tuple[ResponseOption, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """The values that may be answered."""
        return tuple(option.value for option in self.options)

    @property
    def minimum(self) -> int:
        """The lowest value."""
        return min(self.values)

    @property
    def maximum(self) -> int:
        """The highest value."""
        return max(self.values)


@dataclass(frozen=True)
class Scale:
    """Items that are scored together.

    `reference_sd` is the spread of persons' scores in points of 100: a constant of the version, from which
    intervals of small teams are computed so that a team's own spread is never published.
    """

    id: str
    title: Wording
    direction: Direction
    missing_rule: MissingRule
    reference_sd: float


@dataclass(frozen=True)
class Item:
    """One statement. Its id never changes meaning: another wording is another id."""

    id: str
    scale: str
    facet: str
    text: Wording
    response_set: str
    reverse_keyed: bool = False
    core: bool = True


@dataclass(frozen=True)
class Licence:
    """Under what terms an instrument may be used."""

    name: str
    text: str
    permission_required: bool = False


@dataclass(frozen=True)
class Instrument:
    """One version of an instrument. A released version never changes."""

    id: str
    version: str
    title: Wording
    owner: str
    licence: Licence
    source: str
    recall_window: Wording
    languages: tuple[str, ...]
    estimated_seconds: int
    response_sets: tuple[ResponseSet, ...]
    scales: tuple[Scale, ...]
    items: tuple[Item, ...]

    @property
    def reference(self) -> str:
        """`id@version`, the name by which commands and waves refer to this version."""
        return f"{self.id}@{self.version}"

    @property
    def major(self) -> int:
        """The first number of the version; scores of different majors never share a line."""
        return int(self.version.split(".")[0])

    @cached_property
    def core_items(self) -> tuple[Item, ...]:
        """The items that everybody is asked in every wave, in the order shown."""
        return tuple(item for item in self.items if item.core)

    @cached_property
    def items_by_id(self) -> Mapping[str, Item]:
        """Every item by its id."""
        return {item.id: item for item in self.items}

    @cached_property
    def _response_sets_by_id(self) -> Mapping[str, ResponseSet]:
        return {response_set.id: response_set for response_set in self.response_sets}

    def response_set_of(self, item: Item) -> ResponseSet:
        """The options that `item` is answered with."""
        return self._response_sets_by_id[item.response_set]

    def core_items_of(self, scale: Scale) -> tuple[Item, ...]:
        """The core items that `scale` is scored from."""
        return tuple(item for item in self.core_items if item.scale == scale.id)
