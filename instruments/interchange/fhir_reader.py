"""Read a flat FHIR Questionnaire, R4, R4B or R5: items with one answer out of a list, in groups one deep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from instruments.errors import InvalidInstrumentFile
from instruments.files import require_size
from instruments.interchange.carrying import LARGEST_FOREIGN_BYTES, Details, Imported
from instruments.interchange.drafting import Draft, Option
from instruments.interchange.fhir_writer import CANONICAL, ITEM_WEIGHT, ORDINAL_VALUE, TRANSLATION
from instruments.interchange.languages import language_tag

Json = dict[str, Any]  # Any: JSON, whose shape is asked after at each step
_DROPPED = {
    "enableWhen": "its condition is dropped: it is asked of everybody",
    "initial": "its preselected answer is dropped: nothing is preselected here",
    "prefix": "its number is dropped",
}
_LARGEST_WEIGHT = 1_000_000
_CHOICE_TYPES = {"choice", "coding", "open-choice", "boolean"}
_YES_NO = {"en": ("No", "Yes"), "cy": ("Na", "Ie")}


def read_fhir(content: bytes, source: str, details: Details) -> Imported:
    """Read a Questionnaire.

    Raises
    ------
    InvalidInstrumentFile
        It is no JSON, no Questionnaire, or holds nothing that can be asked here.
    """
    questionnaire = _parse(content, source)
    language = language_tag(str(questionnaire.get("language") or "en"))
    value_sets = {f"#{part.get('id')}": part for part in _objects(questionnaire.get("contained"))}
    draft = Draft(source, tuple(dict.fromkeys([language, *_tags(questionnaire)])))
    for item, stem, depth in _walk(_objects(questionnaire.get("item")), language):
        _carry(item, stem, depth, value_sets, language, draft)
    url = str(questionnaire.get("url") or "")
    stated = url.removeprefix(CANONICAL) if url.startswith(CANONICAL) else str(questionnaire.get("name") or "")
    title = _texts(questionnaire, "title", language)
    return draft.finish(
        Details(
            id=details.id,
            version=details.version,
            owner=details.owner or _text(questionnaire, "publisher"),
            licence=details.licence or _text(questionnaire, "copyright"),
            permission_required=details.permission_required,
        ),
        name=stated or title.get(language, "") or url.rpartition("/")[2],
        title=title,
        version=str(questionnaire.get("version") or ""),
    )


def _parse(content: bytes, source: str) -> Json:
    require_size(content, source, LARGEST_FOREIGN_BYTES)
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInstrumentFile(source, [f"is not JSON{line}"]) from error
    if not isinstance(parsed, dict) or parsed.get("resourceType") != "Questionnaire":
        found = parsed.get("resourceType") if isinstance(parsed, dict) else type(parsed).__name__
        raise InvalidInstrumentFile(source, [f"is not a FHIR Questionnaire but: {found or 'something else'}"])
    return parsed


def _walk(
    items: Sequence[Json], language: str, stem: Mapping[str, str] | None = None, depth: int = 0
) -> Iterator[tuple[Json, Mapping[str, str], int]]:
    """Every item that is no group, with the text of the group around it and how many groups those are."""
    for item in items:
        if item.get("type") == "group":
            yield item, {}, depth
            yield from _walk(_objects(item.get("item")), language, _texts(item, "text", language), depth + 1)
        else:
            yield item, stem or {}, depth


def _carry(
    item: Json,
    stem: Mapping[str, str],
    depth: int,
    value_sets: Mapping[str, Json],
    language: str,
    draft: Draft,
) -> None:
    name = str(item.get("linkId") or "")
    where = f"item {name or '?'}"
    kind = str(item.get("type"))
    if kind == "group":
        if item.get("enableWhen"):
            draft.lose(where, "the group's condition is dropped: its items are asked of everybody")
        return
    for nested, _, _ in _walk(_objects(item.get("item")), language):
        draft.lose(f"item {nested.get('linkId') or '?'}", f"is not carried: it is nested in {name}")
    options = _options(item, value_sets, language)
    if kind == "boolean" and language in _YES_NO:
        options = [Option(str(value), {language: label}) for value, label in enumerate(_YES_NO[language])]
    if kind not in _CHOICE_TYPES:
        draft.lose(where, f"is not carried: only items with one answer out of a list are asked, not {kind}")
    elif item.get("repeats") is True:
        draft.lose(where, "is not carried: it takes several answers")
    elif options is None:
        draft.lose(
            where, f"is not carried: its options are in {item.get('answerValueSet') or 'no list'}, not in the file"
        )
    else:
        _note_dropped(item, where, depth, draft)
        draft.add_item(name, _texts(item, "text", language), options, stem=stem, set_name=name)


def _note_dropped(item: Json, where: str, depth: int, draft: Draft) -> None:
    if item.get("type") == "open-choice":
        draft.lose(where, "the field for another answer is dropped")
    if item.get("required") is True:
        draft.lose(where, "it may be skipped here, though the file requires an answer")
    if depth > 1:
        draft.lose(where, "only the nearest of the groups around it is kept, as its lead-in")
    for key, sentence in _DROPPED.items():
        if item.get(key):
            draft.lose(where, sentence)


def _options(item: Json, value_sets: Mapping[str, Json], language: str) -> list[Option] | None:
    """The options of an item: its own, or those of a value set that is contained in the file."""
    if answers := _objects(item.get("answerOption")):
        return [_option(answer, language) for answer in answers]
    contained = value_sets.get(str(item.get("answerValueSet") or ""))
    if contained is None:
        return None
    expanded = _objects(_object(contained.get("expansion")).get("contains"))
    included = _objects(_object(contained.get("compose")).get("include"))
    concepts = expanded or [concept for part in included for concept in _objects(part.get("concept"))]
    return [_coded(concept, {}, language) for concept in concepts]


def _option(answer: Json, language: str) -> Option:
    if isinstance(coding := answer.get("valueCoding"), dict):
        return _coded(coding, answer, language)
    value = next(
        (answer[key] for key in ("valueInteger", "valueString", "valueDate", "valueTime") if key in answer), ""
    )
    return Option(str(value), {language: str(value)})


def _coded(coding: Json, around: Json, language: str) -> Option:
    code = str(coding.get("code") or "")
    labels = _texts(coding, "display", language) or {language: code}
    return Option(code, labels, _weight(coding) if _weight(coding) is not None else _weight(around))


def _weight(part: Json) -> float | None:
    for extension in _objects(part.get("extension")):
        if extension.get("url") in {ORDINAL_VALUE, ITEM_WEIGHT}:
            value = extension.get("valueDecimal", extension.get("valueInteger"))
            return (
                float(value)
                if isinstance(value, float) or (type(value) is int and abs(value) < _LARGEST_WEIGHT)
                else None
            )
    return None


def _texts(part: Json, key: str, language: str) -> dict[str, str]:
    """A text in each language that it has."""
    found = {language: str(part[key])} if isinstance(part.get(key), str) else {}
    return found | dict(_translations(part.get(f"_{key}")))


def _translations(element: object) -> Iterator[tuple[str, str]]:
    for extension in _objects(_object(element).get("extension")):
        if extension.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in _objects(extension.get("extension"))}
            tag = _object(parts.get("lang")).get("valueCode")
            content = _object(parts.get("content"))
            text = content.get("valueString", content.get("valueMarkdown"))
            if isinstance(tag, str) and isinstance(text, str):
                yield language_tag(tag), text


def _tags(part: object) -> Iterator[str]:
    """The languages of every translation anywhere in the file."""
    if isinstance(part, dict):
        yield from (tag for tag, _ in _translations(part))
        for value in part.values():
            yield from _tags(value)
    elif isinstance(part, list):
        for value in part:
            yield from _tags(value)


def _text(part: Json, key: str) -> str | None:
    value = part.get(key)
    return " ".join(value.split())[:2_000] or None if isinstance(value, str) else None


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
