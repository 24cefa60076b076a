"""The reliability card as pages show it, and as it is stored: texts only, so that a page computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ItemFigures:
    """An item's distribution as it may be shown: points of 100, and shares of answers."""

    mean: str
    lowest: str
    highest: str
    left_out: str


@dataclass(frozen=True)
class ItemLine:
    """An item in a card's table."""

    name: str
    text: str
    figures: ItemFigures
    corrected_r: str
    alpha_without: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class ScaleCard:
    """One scale: sentences, figures with their names, and its items."""

    id: str
    title: str
    direction: str
    sentences: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    items: tuple[ItemLine, ...]


@dataclass(frozen=True)
class Card:
    """All scales of an instrument in one set of answers."""

    title: str
    instrument: str
    people: int
    headline: str
    sentences: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    scales: tuple[ScaleCard, ...]


def card_from(document: Mapping[str, Any]) -> Card:  # Any: JSON, as `dataclasses.asdict` of a card
    """A card as it was stored."""
    scales = tuple(_scale_from(scale) for scale in document["scales"])
    return Card(
        **{**document, "sentences": tuple(document["sentences"]), "figures": _pairs(document), "scales": scales}
    )


def _scale_from(scale: Mapping[str, Any]) -> ScaleCard:  # Any: as above
    items = tuple(
        ItemLine(**{**item, "figures": ItemFigures(**item["figures"]), "remarks": tuple(item["remarks"])})
        for item in scale["items"]
    )
    return ScaleCard(**{**scale, "sentences": tuple(scale["sentences"]), "figures": _pairs(scale), "items": items})


def _pairs(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:  # Any: as above
    return tuple((name, value) for name, value in document["figures"])
