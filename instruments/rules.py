"""What the parts of an instrument must not say against one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from instruments.definitions import Item, ResponseKind, ResponseSet, Scale, TransformKind, Wording

Problem = tuple[str, str]
"""(key, what is wrong and what was expected)"""

Parts = Mapping[str, Any]  # Any: the loaded parts of a document, each of its own type
_MOST_ROWS = 1_000


def contradictions(loaded: Parts) -> Iterator[Problem]:
    """Yield every contradiction in the loaded parts of an instrument, with the key that has to change."""
    yield from _repeated(loaded)
    yield from _response_sets(loaded["response_sets"])
    yield from _references(loaded)
    yield from _items(loaded)
    yield from _scales(loaded)
    yield from _translations(loaded)


def _repeated(loaded: Parts) -> Iterator[Problem]:
    for key in ("response_sets", "scales", "items"):
        yield from _differ(key, "ids", [part.id for part in loaded[key]])
    yield from _differ("languages", "languages", loaded["languages"])
    yield from _differ("anchors", "references", [anchors.reference for anchors in loaded["anchors"]])


def _differ(key: str, what: str, names: Sequence[str]) -> Iterator[Problem]:
    if repeated := sorted(name for name, times in Counter(names).items() if times > 1):
        yield key, f"{what} must differ; repeated: {', '.join(repeated)}"


def _response_sets(response_sets: Sequence[ResponseSet]) -> Iterator[Problem]:
    for index, response_set in enumerate(response_sets):
        if list(response_set.values) != list(range(response_set.minimum, response_set.maximum + 1)):
            yield f"response_sets.{index}.options", "values must rise by one"


def _references(loaded: Parts) -> Iterator[Problem]:
    scales = {scale.id for scale in loaded["scales"]}
    response_sets = {response_set.id for response_set in loaded["response_sets"]}
    items = {item.id for item in loaded["items"]}
    for index, item in enumerate(loaded["items"]):
        if item.scale is not None and item.scale not in scales:
            yield f"items.{index}.scale", f"no scale is called {item.scale!r}"
        if item.response_set not in response_sets:
            yield f"items.{index}.response_set", f"no response set is called {item.response_set!r}"
    for index, anchors in enumerate(loaded["anchors"]):
        if unknown := sorted(set(anchors.items) - items):
            yield f"anchors.{index}.items", f"no item is called {', '.join(unknown)}"
    scored = {item.scale for item in loaded["items"] if item.core}
    if unscored := sorted(scales - scored):
        yield "scales", f"need at least one core item: {', '.join(unscored)}"


def _items(loaded: Parts) -> Iterator[Problem]:
    kinds = {response_set.id: response_set.kind for response_set in loaded["response_sets"]}
    for index, item in enumerate(loaded["items"]):
        if item.scale is None and not item.core:
            yield f"items.{index}.core", "an item without a scale cannot rotate; give it a scale, or core = true"
        if item.scale is not None and kinds.get(item.response_set) is ResponseKind.NOMINAL:
            yield f"items.{index}.response_set", "a nominal response set cannot be scored; leave the scale out"
        if item.scale is None and item.reverse_keyed:
            yield f"items.{index}.reverse_keyed", "an item without a scale has no direction"


def _scales(loaded: Parts) -> Iterator[Problem]:
    sets = {response_set.id: response_set for response_set in loaded["response_sets"]}
    for index, scale in enumerate(loaded["scales"]):
        items = [item for item in loaded["items"] if item.scale == scale.id and item.core]
        if all(item.response_set in sets for item in items):
            yield from _transform(f"scales.{index}.transform", scale, items, sets)
        yield from _bands(f"scales.{index}.bands", scale)


def _transform(key: str, scale: Scale, items: Sequence[Item], sets: Mapping[str, ResponseSet]) -> Iterator[Problem]:
    kind, table = scale.transform.kind, scale.transform.table
    ends = {(sets[item.response_set].minimum, sets[item.response_set].maximum) for item in items}
    if kind is not TransformKind.POMP and len(ends) > 1:
        yield f"{key}.kind", f"{kind} needs one response format for all of the scale's items; pomp takes several"
    if kind is not TransformKind.LOOKUP and table:
        yield f"{key}.table", "only a lookup has a table"
    if kind is TransformKind.LOOKUP and len(ends) == 1:
        (minimum, maximum), *_ = ends
        lowest, highest = minimum * len(items), maximum * len(items)
        if [row[0] for row in table] != list(range(lowest, highest + 1)[:_MOST_ROWS]):
            yield f"{key}.table", f"needs a row for each sum from {lowest} to {highest}, rising by one"


def _bands(key: str, scale: Scale) -> Iterator[Problem]:
    for index, band in enumerate(scale.bands):
        if band.minimum > band.maximum:
            yield f"{key}.{index}", "its minimum is above its maximum"
    if any(after.minimum <= before.maximum for before, after in pairwise(scale.bands)):
        yield key, "must rise and not overlap"


def _translations(loaded: Parts) -> Iterator[Problem]:
    for key, wording, must_be_complete in _wordings(loaded):
        missing = [language for language in loaded["languages"] if language not in wording]
        if missing and must_be_complete:
            yield key, f"has no text in: {', '.join(missing)}"
        if extra := sorted(set(wording) - set(loaded["languages"])):
            yield key, f"has a text in a language that is not listed: {', '.join(extra)}"


def _wordings(loaded: Parts) -> Iterator[tuple[str, Wording, bool]]:
    """Every wording by its key, and whether it must be there in every language; a stem may be absent altogether."""
    yield "title", loaded["title"], True
    yield "recall_window", loaded["recall_window"], True
    for index, scale in enumerate(loaded["scales"]):
        yield f"scales.{index}.title", scale.title, True
        for place, band in enumerate(scale.bands):
            yield f"scales.{index}.bands.{place}.label", band.label, True
    for index, item in enumerate(loaded["items"]):
        yield f"items.{index}.text", item.text, True
        yield f"items.{index}.sms_text", item.sms_text, False
    for index, response_set in enumerate(loaded["response_sets"]):
        yield f"response_sets.{index}.stem", response_set.stem, bool(response_set.stem)
        for place, option in enumerate(response_set.options):
            yield f"response_sets.{index}.options.{place}.label", option.label, True
