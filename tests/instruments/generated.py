"""Instruments of every shape that the rules allow, for laws."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from instruments.definitions import Instrument
from instruments.files import from_document

IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,11}", fullmatch=True)
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
TEXTS = (
    st.text(
        max_size=20,
        min_size=1,
        alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    )
    .map(str.strip)
    .filter(lambda text: 0 < len(text) <= 200 and not any(unicodedata.category(c) in _UNPRINTABLE for c in text))
)
AWKWARD = st.sampled_from(["=1+1", "'quoted", "_x000D_", "a  b", "#N/A", "TRUE", "007", "&amp;<b>", "-1", "1e5", "@x"])
LANGUAGES = st.lists(st.sampled_from(["en", "cy", "fr", "pl", "und"]), min_size=1, max_size=3, unique=True)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    languages = draw(LANGUAGES)

    def wording() -> dict[str, str]:
        return {language: draw(st.one_of(TEXTS, AWKWARD)) for language in languages}

    def response_set(identity: str, kind: str) -> dict[str, Any]:
        first = draw(st.integers(-3, 3))
        options = draw(st.integers(2, 7))
        made: dict[str, Any] = {
            "id": identity,
            "kind": kind,
            "options": [{"value": first + place, "label": wording()} for place in range(options)],
        }
        return made | ({"stem": wording()} if draw(st.booleans()) else {})

    names = draw(st.lists(IDS, min_size=2, max_size=4, unique=True))
    sets = [
        response_set(name, "ordinal" if place == 0 else draw(st.sampled_from(["ordinal", "nominal"])))
        for place, name in enumerate(names)
    ]
    ordinal = [part["id"] for part in sets if part["kind"] == "ordinal"]
    scale_ids = draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    item_ids = draw(st.lists(IDS, min_size=len(scale_ids) + 2, max_size=len(scale_ids) + 6, unique=True))
    items = []
    for place, identity in enumerate(item_ids):
        scale = scale_ids[place] if place < len(scale_ids) else draw(st.sampled_from([*scale_ids, None]))
        core = place < len(scale_ids) or scale is None or draw(st.booleans())
        item = {
            "id": identity,
            "text": wording(),
            "response_set": draw(st.sampled_from(ordinal if scale else names)),
            "core": core,
            "reverse_keyed": scale is not None and draw(st.booleans()),
            "facet": draw(st.one_of(st.just(""), TEXTS)),
        }
        item |= {"scale": scale} if scale else {}
        item |= {"sms_text": {languages[0]: draw(TEXTS)}} if draw(st.booleans()) else {}
        items.append(item)
    scales = [
        {
            "id": identity,
            "title": wording(),
            "direction": draw(st.sampled_from(["higher_is_better", "higher_is_worse"])),
            "missing_rule": draw(st.sampled_from(["any", "half", "majority", "two-thirds", "complete"])),
            "reference_sd": draw(st.floats(0.1, 50)),
            "shown_to_individual": draw(st.booleans()),
            "bands": [
                {
                    "label": wording(),
                    "minimum": 0,
                    "maximum": draw(st.floats(0, 50)),
                    "source": "A study",
                    "country": "GB",
                }
            ][: draw(st.integers(0, 1))],
        }
        for identity in scale_ids
    ]
    return {
        "id": draw(IDS),
        "version": ".".join(str(draw(st.integers(0, 30))) for _ in range(3)),
        "title": wording(),
        "owner": draw(TEXTS),
        "source": draw(st.one_of(st.just(""), TEXTS)),
        "citation": draw(st.one_of(st.just(""), TEXTS)),
        "licence": {"name": draw(TEXTS)} | draw(st.sampled_from([{}, {"url": "https://example.org/licence"}])),
        "recall_window": wording(),
        "languages": languages,
        "estimated_seconds": draw(st.integers(1, 3_600)),
        "response_sets": sets,
        "scales": scales,
        "items": draw(st.permutations(items)),
    }


def instruments() -> st.SearchStrategy[Instrument]:
    return documents().map(from_document)
