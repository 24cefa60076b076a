"""The values that describe an instrument: frozen, complete, and without any behaviour that needs a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


class ResponseKind(StrEnum):
    """Whether the values of a response set have an order, and so can be scored."""

    ORDINAL = "ordinal"
    NOMINAL = "nominal"


class TransformKind(StrEnum):
    """How a person's answers to a scale's items become the person's score."""

    POMP = "pomp"
    MEAN = "mean"
    SUM = "sum"
    LOOKUP = "lookup"


@dataclass(frozen=True)
class ResponseOption:
    """A labelled value."""

    value: int
    label: Wording


@dataclass(frozen=True)
class ResponseSet:
    """The options of an item, in the order shown; values rise by one. `stem` leads into the items, if it is there."""

    id: str
    options: tuple[ResponseOption, ...]
    stem: Wording = field(default_factory=dict)
    kind: ResponseKind = ResponseKind.ORDINAL

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
class Transform:
    """How answers become a score. `table` is for look-ups only: (sum of answers, score), sums rising by one."""

    kind: TransformKind = TransformKind.POMP
    table: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Band:
    """A named stretch of scores, ends included, in units of the scale's transform; whose it is and where it holds."""

    label: Wording
    minimum: float
    maximum: float
    source: str
    country: str


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
    transform: Transform = field(default_factory=Transform)
    bands: tuple[Band, ...] = ()
    shown_to_individual: bool = False


@dataclass(frozen=True)
class Item:
    """One statement. Its id never changes meaning: another wording is another id.

    An item without a scale is asked and never scored. `sms_text` stands in for the text where an accent would
    shorten a text message's segments.
    """

    id: str
    text: Wording
    response_set: str
    scale: str | None = None
    facet: str = ""
    reverse_keyed: bool = False
    core: bool = True
    sms_text: Wording = field(default_factory=dict)


@dataclass(frozen=True)
class Licence:
    """Under what terms an instrument may be used: its text or where to read it."""

    name: str
    text: str = ""
    url: str = ""
    permission_required: bool = False


@dataclass(frozen=True)
class Anchors:
    """Items by which this version may be compared with another: fewer than those in common, never more.

    Another instrument can be compared with only where its reference (`id@version`) is declared here.
    """

    reference: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Instrument:
    """One version of an instrument. A released version never changes."""

    id: str
    version: str
    title: Wording
    owner: str
    licence: Licence
    recall_window: Wording
    languages: tuple[str, ...]
    estimated_seconds: int
    response_sets: tuple[ResponseSet, ...]
    scales: tuple[Scale, ...]
    items: tuple[Item, ...]
    source: str = ""
    citation: str = ""
    anchors: tuple[Anchors, ...] = ()

    @property
    def reference(self) -> str:
        """`id@version`, the name by which commands and waves refer to this version."""
        return f"{self.id}@{self.version}"

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """The version as numbers: (major, minor, patch)."""
        return tuple(int(part) for part in self.version.split("."))

    @cached_property
    def core_items(self) -> tuple[Item, ...]:
        """The items that everybody is asked in every wave, in the order shown."""
        return tuple(item for item in self.items if item.core)

    @cached_property
    def scored_items(self) -> tuple[Item, ...]:
        """The core items that belong to a scale: every published figure is computed from these."""
        return tuple(item for item in self.core_items if item.scale is not None)

    @cached_property
    def items_apart(self) -> tuple[Item, ...]:
        """Rotating items and items without a scale: their answers are never kept beside those to other items."""
        return tuple(item for item in self.items if not item.core or item.scale is None)

    @cached_property
    def items_by_id(self) -> Mapping[str, Item]:
        """Every item by its id."""
        return {item.id: item for item in self.items}

    @cached_property
    def scales_by_id(self) -> Mapping[str, Scale]:
        """Every scale by its id."""
        return {scale.id: scale for scale in self.scales}

    @cached_property
    def response_sets_by_id(self) -> Mapping[str, ResponseSet]:
        """Every response set by its id."""
        return {response_set.id: response_set for response_set in self.response_sets}

    def response_set_of(self, item: Item) -> ResponseSet:
        """The options that `item` is answered with."""
        return self.response_sets_by_id[item.response_set]

    def core_items_of(self, scale: Scale) -> tuple[Item, ...]:
        """The core items that `scale` is scored from."""
        return tuple(item for item in self.core_items if item.scale == scale.id)

    def bank_of(self, scale: Scale) -> tuple[Item, ...]:
        """The rotating items of `scale`, of which each person is asked one a wave."""
        return tuple(item for item in self.items if item.scale == scale.id and not item.core)
