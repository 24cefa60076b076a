"""The document form of an instrument, key by key: what each holds, and how it is built and dumped."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_dump, post_load, validate, validates_schema

from instruments.definitions import (
    Anchors,
    Band,
    Direction,
    Instrument,
    Item,
    Licence,
    MissingRule,
    ResponseKind,
    ResponseOption,
    ResponseSet,
    Scale,
    Transform,
    TransformKind,
)
from instruments.rules import contradictions

Document = dict[str, Any]  # Any: a document is JSON, checked key by key by the schemas below

LONGEST_TEXT = 2_000
MOST_OPTIONS = 100
MOST_ITEMS = 500
MOST_SCALES = 100
MOST_LANGUAGES = 30
_IDENTIFIER = validate.Regexp(
    r"^[A-Za-z][A-Za-z0-9_-]{0,63}\Z", error="expected letters, digits, - or _, starting with a letter"
)
_NUMBER = r"(?:0|[1-9][0-9]{0,5})"
_VERSION = validate.Regexp(rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}\Z", error="expected three numbers, such as 1.0.0")
_REFERENCE = validate.Regexp(
    rf"^[A-Za-z][A-Za-z0-9_-]{{0,63}}@{_NUMBER}\.{_NUMBER}\.{_NUMBER}\Z",
    error="expected id@version, such as my-pulse@1.0.0",
)
_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}\Z", error="expected a language tag, such as en or cy")
_COUNTRY = validate.Regexp(r"^[A-Z]{2}\Z", error="expected a country's two letters, such as GB")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_reference(text: str) -> bool:
    """Whether a text is an `id@version`."""
    try:
        _REFERENCE(text)
    except ValidationError:
        return False
    return True


def _is_printable(text: str) -> None:
    """Refuse what no page, sheet or database can hold: control characters, and blanks at the ends."""
    if text != text.strip():
        raise ValidationError("must not begin or end with a blank")
    if any(unicodedata.category(letter) in _UNPRINTABLE or letter in "\ufffe\uffff" for letter in text):
        raise ValidationError("must not contain control characters or line breaks")


def _text(**options: Any) -> fields.String:  # Any: marshmallow's own options
    longest = validate.Length(max=LONGEST_TEXT)
    return fields.String(validate=[longest, _is_printable], **options)


def _required_text() -> fields.String:
    return fields.String(required=True, validate=[validate.Length(min=1, max=LONGEST_TEXT), _is_printable])


def _wording(**options: Any) -> fields.Dict:  # Any: as above
    return fields.Dict(keys=fields.String(validate=_LANGUAGE), values=_required_text(), **options)


class _Flag(fields.Boolean):
    """True or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:  # Any: marshmallow's own
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return bool(super()._deserialize(value, attr, data, **options))


class _Number(fields.Float):
    """A number, and no text that looks like one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> float:  # Any: as above
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        number: float = super()._deserialize(value, attr, data, **options)
        return number


class _DocumentSchema(Schema):
    """A part of a document that leaves out, when dumped, what has its default.

    The keys in `later` came after the first release: they are left out where they say nothing, so that no earlier
    release's digest changes.
    """

    builds: ClassVar[type]
    later: ClassVar[Mapping[str, object]] = {}

    @post_load
    def _build(self, loaded: Document, **_: object) -> object:
        return self.builds(**{key: tuple(value) if isinstance(value, list) else value for key, value in loaded.items()})

    @post_dump
    def _leave_out_defaults(self, dumped: Document, **_: object) -> Document:
        return {key: value for key, value in dumped.items() if key not in self.later or value != self.later[key]}


class _ResponseOptionSchema(_DocumentSchema):
    builds = ResponseOption
    value = fields.Integer(required=True, strict=True, validate=validate.Range(-1_000, 1_000))
    label = _wording(required=True)


class _ResponseSetSchema(_DocumentSchema):
    builds = ResponseSet
    later: ClassVar[Mapping[str, object]] = {"stem": {}, "kind": "ordinal"}
    id = fields.String(required=True, validate=_IDENTIFIER)
    kind = fields.Enum(ResponseKind, by_value=True, load_default=ResponseKind.ORDINAL)
    stem = _wording(load_default=dict)
    options = fields.List(
        fields.Nested(_ResponseOptionSchema), required=True, validate=validate.Length(min=2, max=MOST_OPTIONS)
    )


class _TransformSchema(_DocumentSchema):
    builds = Transform
    later: ClassVar[Mapping[str, object]] = {"table": []}
    kind = fields.Enum(TransformKind, by_value=True, required=True)
    table = fields.List(
        fields.Tuple((fields.Integer(strict=True), _Number())),
        load_default=list,
        validate=validate.Length(max=1_000),
    )


class _BandSchema(_DocumentSchema):
    builds = Band
    label = _wording(required=True)
    minimum = _Number(required=True)
    maximum = _Number(required=True)
    source = _required_text()
    country = fields.String(required=True, validate=_COUNTRY)


class _ScaleSchema(_DocumentSchema):
    builds = Scale
    later: ClassVar[Mapping[str, object]] = {"transform": {"kind": "pomp"}, "bands": [], "shown_to_individual": False}
    id = fields.String(required=True, validate=_IDENTIFIER)
    title = _wording(required=True)
    direction = fields.Enum(Direction, by_value=True, required=True)
    missing_rule = fields.Enum(MissingRule, by_value=True, load_default=MissingRule.HALF)
    reference_sd = _Number(required=True, validate=validate.Range(min=0, max=50, min_inclusive=False))
    transform = fields.Nested(_TransformSchema, load_default=Transform)
    bands = fields.List(fields.Nested(_BandSchema), load_default=list, validate=validate.Length(max=20))
    shown_to_individual = _Flag(load_default=False)


class _ItemSchema(_DocumentSchema):
    builds = Item
    later: ClassVar[Mapping[str, object]] = {"scale": None, "sms_text": {}}
    id = fields.String(required=True, validate=_IDENTIFIER)
    scale = fields.String(load_default=None)
    facet = _text(load_default="")
    text = _wording(required=True)
    sms_text = _wording(load_default=dict)
    response_set = fields.String(required=True)
    reverse_keyed = _Flag(load_default=False)
    core = _Flag(load_default=True)


class _LicenceSchema(_DocumentSchema):
    builds = Licence
    later: ClassVar[Mapping[str, object]] = {"url": ""}
    name = _required_text()
    text = _text(load_default="")
    url = fields.Url(load_default="", schemes={"http", "https"})
    permission_required = _Flag(load_default=False)


class _AnchorsSchema(_DocumentSchema):
    builds = Anchors
    reference = fields.String(required=True, validate=_REFERENCE)
    items = fields.List(fields.String(), required=True)


class InstrumentSchema(_DocumentSchema):
    """A whole instrument, checked for contradictions once every key is right by itself."""

    builds = Instrument
    later: ClassVar[Mapping[str, object]] = {"citation": "", "anchors": []}
    id = fields.String(required=True, validate=_IDENTIFIER)
    version = fields.String(required=True, validate=_VERSION)
    title = _wording(required=True)
    owner = _required_text()
    licence = fields.Nested(_LicenceSchema, required=True)
    source = _text(load_default="")
    citation = _text(load_default="")
    recall_window = _wording(required=True)
    languages = fields.List(
        fields.String(validate=_LANGUAGE), required=True, validate=validate.Length(1, MOST_LANGUAGES)
    )
    estimated_seconds = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=3_600))
    anchors = fields.List(fields.Nested(_AnchorsSchema), load_default=list, validate=validate.Length(max=MOST_SCALES))
    response_sets = fields.List(
        fields.Nested(_ResponseSetSchema), required=True, validate=validate.Length(1, MOST_ITEMS)
    )
    scales = fields.List(fields.Nested(_ScaleSchema), load_default=list, validate=validate.Length(max=MOST_SCALES))
    items = fields.List(fields.Nested(_ItemSchema), required=True, validate=validate.Length(min=1, max=MOST_ITEMS))

    @validates_schema
    def _refuse_contradictions(self, loaded: Document, **_: object) -> None:
        problems: dict[str, list[str]] = {}
        for key, problem in contradictions(loaded):
            problems.setdefault(key, []).append(problem)
        if problems:
            raise ValidationError(problems)
