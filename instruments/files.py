"""The only reader and writer of an instrument's document form: TOML files and the JSON copy kept with a wave."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from instruments.definitions import (
    Direction,
    Instrument,
    Item,
    Licence,
    MissingRule,
    ResponseOption,
    ResponseSet,
    Scale,
)
from instruments.errors import InvalidInstrumentFile

Document = dict[str, Any]  # Any: a document is JSON, checked key by key by the schemas below

_IDENTIFIER = validate.Regexp(
    r"^[A-Za-z][A-Za-z0-9_-]{0,63}\Z", error="expected letters, digits, - or _, starting with a letter"
)
_VERSION = validate.Regexp(r"^\d+\.\d+\.\d+\Z", error="expected three numbers, such as 1.0.0")
_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}\Z", error="expected a language tag, such as en or cy")
_LARGEST_FILE_BYTES = 1_000_000


def _wording() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=_LANGUAGE),
        values=fields.String(validate=validate.Length(min=1, max=2_000)),
        required=True,
    )


class _ResponseOptionSchema(Schema):
    value = fields.Integer(required=True, strict=True)
    label = _wording()

    @post_load
    def _build(self, loaded: Document, **_: object) -> ResponseOption:
        return ResponseOption(**loaded)


class _ResponseSetSchema(Schema):
    id = fields.String(required=True, validate=_IDENTIFIER)
    stem = _wording()
    options = fields.List(fields.Nested(_ResponseOptionSchema), required=True, validate=validate.Length(min=2, max=11))

    @post_load
    def _build(self, loaded: Document, **_: object) -> ResponseSet:
        return ResponseSet(id=loaded["id"], stem=loaded["stem"], options=tuple(loaded["options"]))


class _ScaleSchema(Schema):
    id = fields.String(required=True, validate=_IDENTIFIER)
    title = _wording()
    direction = fields.Enum(Direction, by_value=True, required=True)
    missing_rule = fields.Enum(MissingRule, by_value=True, load_default=MissingRule.HALF)
    reference_sd = fields.Float(required=True, validate=validate.Range(min=0, max=50, min_inclusive=False))

    @post_load
    def _build(self, loaded: Document, **_: object) -> Scale:
        return Scale(**loaded)


class _ItemSchema(Schema):
    id = fields.String(required=True, validate=_IDENTIFIER)
    scale = fields.String(required=True)
    facet = fields.String(load_default="")
    text = _wording()
    response_set = fields.String(required=True)
    reverse_keyed = fields.Boolean(load_default=False)
    core = fields.Boolean(load_default=True)

    @post_load
    def _build(self, loaded: Document, **_: object) -> Item:
        return Item(**loaded)


class _LicenceSchema(Schema):
    name = fields.String(required=True)
    text = fields.String(load_default="")
    permission_required = fields.Boolean(load_default=False)

    @post_load
    def _build(self, loaded: Document, **_: object) -> Licence:
        return Licence(**loaded)


class _InstrumentSchema(Schema):
    id = fields.String(required=True, validate=_IDENTIFIER)
    version = fields.String(required=True, validate=_VERSION)
    title = _wording()
    owner = fields.String(required=True)
    licence = fields.Nested(_LicenceSchema, required=True)
    source = fields.String(load_default="")
    recall_window = _wording()
    languages = fields.List(fields.String(validate=_LANGUAGE), required=True, validate=validate.Length(min=1))
    estimated_seconds = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=3_600))
    response_sets = fields.List(fields.Nested(_ResponseSetSchema), required=True, validate=validate.Length(min=1))
    scales = fields.List(fields.Nested(_ScaleSchema), required=True, validate=validate.Length(min=1))
    items = fields.List(fields.Nested(_ItemSchema), required=True, validate=validate.Length(min=1))

    @validates_schema
    def _refuse_contradictions(self, loaded: Document, **_: object) -> None:
        problems = dict(_contradictions(loaded))
        if problems:
            raise ValidationError(problems)

    @post_load
    def _build(self, loaded: Document, **_: object) -> Instrument:
        lists = ("languages", "response_sets", "scales", "items")
        frozen: Document = {key: tuple(value) if key in lists else value for key, value in loaded.items()}
        return Instrument(**frozen)


_SCHEMA = _InstrumentSchema()


def read_instrument(path: Path) -> Instrument:
    """Read an instrument from a TOML file.

    Raises
    ------
    InvalidInstrumentFile
        The file cannot be read, is not TOML, or breaks a rule; every problem names its key.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            raise InvalidInstrumentFile(str(path), [f"the file is larger than {_LARGEST_FILE_BYTES:,} bytes"])
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInstrumentFile(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise InvalidInstrumentFile(str(path), ["is not UTF-8 text"]) from error
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInstrumentFile(str(path), [f"is not TOML: {error}"]) from error
    return from_document(document, source=str(path))


def from_document(document: Mapping[str, Any], *, source: str = "instrument") -> Instrument:
    """Build an instrument from its document form, or raise `InvalidInstrumentFile`."""
    try:
        instrument: Instrument = _SCHEMA.load(document)
    except ValidationError as error:
        raise InvalidInstrumentFile(source, list(_sentences(error.normalized_messages()))) from error
    return instrument


def to_document(instrument: Instrument) -> Document:
    """Return the document form, of which `from_document` is the inverse."""
    document: Document = _SCHEMA.dump(instrument)
    return document


def digest(instrument: Instrument) -> str:
    """SHA-256 of the canonical document: sorted keys, no blanks, UTF-8."""
    canonical = json.dumps(to_document(instrument), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _contradictions(loaded: Document) -> Iterator[tuple[str, list[str]]]:
    for key in ("response_sets", "scales", "items"):
        ids = [part.id for part in loaded[key]]
        if repeated := sorted({name for name in ids if ids.count(name) > 1}):
            yield key, [f"ids must differ; repeated: {', '.join(repeated)}"]
    for index, response_set in enumerate(loaded["response_sets"]):
        if list(response_set.values) != list(range(response_set.minimum, response_set.maximum + 1)):
            yield f"response_sets.{index}.options", ["values must rise by one"]
    yield from _dangling_references(loaded)
    yield from _missing_translations(loaded)


def _dangling_references(loaded: Document) -> Iterator[tuple[str, list[str]]]:
    scales = {scale.id for scale in loaded["scales"]}
    response_sets = {response_set.id for response_set in loaded["response_sets"]}
    for index, item in enumerate(loaded["items"]):
        if item.scale not in scales:
            yield f"items.{index}.scale", [f"no scale is called {item.scale!r}"]
        if item.response_set not in response_sets:
            yield f"items.{index}.response_set", [f"no response set is called {item.response_set!r}"]
    scored = {item.scale for item in loaded["items"] if item.core}
    if unscored := sorted(scales - scored):
        yield "scales", [f"need at least one core item: {', '.join(unscored)}"]


def _missing_translations(loaded: Document) -> Iterator[tuple[str, list[str]]]:
    wordings = [("title", loaded["title"]), ("recall_window", loaded["recall_window"])]
    wordings += [(f"scales.{index}.title", scale.title) for index, scale in enumerate(loaded["scales"])]
    wordings += [(f"items.{index}.text", item.text) for index, item in enumerate(loaded["items"])]
    wordings += [
        (f"response_sets.{index}.stem", response_set.stem) for index, response_set in enumerate(loaded["response_sets"])
    ]
    wordings += [
        (f"response_sets.{index}.options.{position}.label", option.label)
        for index, response_set in enumerate(loaded["response_sets"])
        for position, option in enumerate(response_set.options)
    ]
    for key, wording in wordings:
        if missing := [language for language in loaded["languages"] if language not in wording]:
            yield key, [f"has no text in: {', '.join(missing)}"]


def _sentences(messages: object, path: Sequence[str] = ()) -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _sentences(value, path if key == "_schema" else [*path, str(key)])
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield f"{'.'.join(path) or 'document'}: {_lower_first(str(message))}"


def _lower_first(message: str) -> str:
    return re.sub(r"^[A-Z](?=[a-z])", lambda match: match[0].lower(), message).rstrip(".")
