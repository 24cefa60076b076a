"""The resources and questions of the API: one definition for answers, for checks and for the description."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

DEFAULT_LIMIT, LARGEST_LIMIT = 200, 1000


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class MeasureSchema(Schema):
    """A measure of a wave."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    higher_is_better = fields.Boolean(required=True)
    series = fields.String(required=True, metadata=_about("Figures of one series may share a line."))


class WaveSchema(Schema):
    """A closed wave whose results are out."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    closed_on = fields.Date(required=True)
    minimum_group_size = fields.Integer(required=True, metadata=_about("Fewest answers a figure rests on."))
    measures = fields.List(fields.Nested(MeasureSchema), required=True)


class GroupSchema(Schema):
    """A group that figures are published of."""

    key = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf(["team", "service_area", "authority", "programme"]))
    parent = fields.String(required=True, allow_none=True)


class CellSchema(Schema):
    """One published cell: group, measure and wave. What is not shown has no figure at all."""

    id = fields.Integer(required=True)
    wave = fields.String(required=True)
    group = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    measure = fields.String(required=True)
    instrument = fields.String(required=True)
    series = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["shown", "withheld"]))
    score = fields.Integer(metadata=_about("0 to 100, rounded; where shown."))
    low = fields.Float(metadata=_about("The least that the mean may be, given the rounding."))
    high = fields.Float(metadata=_about("The most that the mean may be."))
    likely_low = fields.Integer(metadata=_about("Where the whole group's mean is likely to lie, from."))
    likely_high = fields.Integer(metadata=_about("To."))
    n = fields.Integer(metadata=_about("Answers the figure rests on."))
    response_rate = fields.Integer(allow_none=True, metadata=_about("Of 100 asked, in steps of 5."))
    coverage = fields.String(metadata=_about("Whether it covers all, nearly all or most of the group's answers."))
    reason = fields.String(metadata=_about("Why it is not shown; only where it is not."))
    counted_in = fields.String(allow_none=True, metadata=_about("The group whose figure holds these answers, if any."))


class InstrumentSchema(Schema):
    """A version of an instrument that a published wave asked."""

    reference = fields.String(required=True, metadata=_about("ID@VERSION"))
    waves = fields.List(fields.String(), required=True)


class _LimitQuery(Schema):
    """How long a page is."""

    class Meta:
        """A question with a name that is not known is refused."""

        unknown = RAISE

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, LARGEST_LIMIT))


class PageQuery(_LimitQuery):
    """Where a page begins."""

    after = fields.String(load_default="", metadata=_about("What the page before ended with: see `next`."))


class CellQuery(_LimitQuery):
    """Which cells."""

    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**53), metadata=_about("See `next`."))
    wave = fields.String(metadata=_about("Only of this wave."))
    group = fields.String(metadata=_about("Only of this group."))
    measure = fields.String(metadata=_about("Only of this measure."))


class ProblemSchema(Schema):
    """What is wrong and what to do (RFC 9457)."""

    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)


def page_schema(item: type[Schema], name: str) -> type[Schema]:
    """A page of a resource: its items, and the address of the next page or null."""
    return Schema.from_dict(
        {
            name: fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True, metadata=_about("The next page's address.")),
        },
        name=f"{name.capitalize()}Page",
    )


CELLS_PAGE = page_schema(CellSchema, "cells")
GROUPS_PAGE = page_schema(GroupSchema, "groups")
WAVES_PAGE = page_schema(WaveSchema, "waves")
INSTRUMENTS_PAGE = page_schema(InstrumentSchema, "instruments")
