"""Write an instrument as a FHIR Questionnaire, R4B or R5, in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from instruments.definitions import Instrument, Item, ResponseOption, ResponseSet, Wording
from instruments.interchange.carrying import Exported, Loss
from instruments.interchange.unsaid import losses_of_item, losses_of_the_whole

Json = dict[str, Any]  # Any: JSON
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
ORDINAL_VALUE = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
ITEM_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
CANONICAL = "urn:crescendo-pulse:questionnaire:"


def write_fhir_r4b(instrument: Instrument) -> Exported:
    """Return a Questionnaire of FHIR R4B (valid as R4 too), and what of the instrument it does not hold."""
    return _write(instrument, choice="choice", weight=ORDINAL_VALUE)


def write_fhir_r5(instrument: Instrument) -> Exported:
    """Return a Questionnaire of FHIR R5, and what of the instrument it does not hold."""
    return _write(instrument, choice="coding", weight=ITEM_WEIGHT)


def _write(instrument: Instrument, *, choice: str, weight: str) -> Exported:
    language = instrument.languages[0]
    licence = ": ".join(part for part in (instrument.licence.name, instrument.licence.text) if part)
    questionnaire: Json = {
        "resourceType": "Questionnaire",
        "language": language,
        "url": CANONICAL + instrument.id,
        "version": instrument.version,
        "name": "".join(part.capitalize() for part in instrument.id.replace("_", "-").split("-")),
        **_texts("title", instrument.title, language),
        "status": "active",
        "publisher": instrument.owner,
        "copyright": licence,
        "item": list(_groups(instrument, choice, weight)),
    }
    content = json.dumps(questionnaire, ensure_ascii=False, indent=2).encode("utf-8")
    return Exported(content, fhir_losses(instrument))


def fhir_losses(instrument: Instrument) -> tuple[Loss, ...]:
    """Return what of an instrument a Questionnaire does not hold, item by item."""
    return tuple(_losses(instrument))


def _groups(instrument: Instrument, choice: str, weight: str) -> Iterator[Json]:
    """A group for each run of items with the same options: its text is the lead-in."""
    runs = groupby(instrument.items, key=lambda item: item.response_set)
    for number, (response_set, run) in enumerate(runs, start=1):
        options = instrument.response_sets_by_id[response_set]
        items = [_item(item, options, instrument.languages[0], choice, weight) for item in run]
        if options.stem:
            lead_in = _texts("text", options.stem, instrument.languages[0])
            yield {"linkId": _link_id(instrument, number), **lead_in, "type": "group", "item": items}
        else:
            yield from items


def _link_id(instrument: Instrument, number: int) -> str:
    name = f"group.{number}"  # a dot is in no item's id
    return name if name not in instrument.items_by_id else name + "."


def _item(item: Item, options: ResponseSet, language: str, choice: str, weight: str) -> Json:
    return {
        "linkId": item.id,
        **_texts("text", item.text, language),
        "type": choice,
        "answerOption": [_option(option, language, weight) for option in options.options],
    }


def _option(option: ResponseOption, language: str, weight: str) -> Json:
    scored: Json = {"extension": [{"url": weight, "valueDecimal": option.value}]}
    coding = {"code": str(option.value), **_texts("display", option.label, language)}
    return {"valueCoding": {**scored, **coding}}


def _texts(name: str, wording: Wording, language: str) -> Json:
    """A text in the first language, and its translations as the standard extension has them."""
    others = [(tag, text) for tag, text in wording.items() if tag != language]
    translations = [
        {"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": tag}, {"url": "content", "valueString": text}]}
        for tag, text in others
    ]
    return {name: wording[language]} | ({f"_{name}": {"extension": translations}} if translations else {})


def _losses(instrument: Instrument) -> Iterator[Loss]:
    for item in instrument.items:
        yield from losses_of_item(item)
    yield from losses_of_the_whole(instrument)
    unsaid: Sequence[tuple[str, str | bool]] = (
        *(
            ("source", instrument.source),
            ("citation", instrument.citation),
            ("licence's address", instrument.licence.url),
        ),
        ("that a permission is needed", instrument.licence.permission_required),
    )
    for name, value in unsaid:
        if value:
            yield Loss(name, "is not carried")
