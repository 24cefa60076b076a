"""The resources and questions of the API: one definition for answers, for checks and for the description."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

from survey_app.use_cases.roster_files import LONGEST_CELL
from survey_app.use_cases.roster_tables import MOST_ROWS

DEFAULT_LIMIT, LARGEST_LIMIT = 200, 1000
LONGEST_KEY = 100
LONGEST_NAME = 120


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


class PersonSchema(Schema):
    """A member of staff, in the columns of a roster; a column that is not given stays as it is."""

    class Meta:
        """A column that is not known is refused: it may be a known one misspelt."""

        unknown = RAISE

    staff_ref = fields.String(required=True, validate=validate.Length(1, LONGEST_CELL))
    team = fields.String(required=True, validate=validate.Length(1, LONGEST_CELL))
    service_area = fields.String(required=True, validate=validate.Length(1, LONGEST_CELL))
    email = fields.String(metadata=_about("An email address or a mobile number is needed."))
    mobile = fields.String()
    name = fields.String()
    role = fields.String()
    language = fields.String(metadata=_about("en or cy"))
    started_on = fields.String(metadata=_about("2026-09-01"))
    left_on = fields.String(metadata=_about("The first day on which they do not work there any more."))
    hours = fields.String(metadata=_about("When messages may reach them, where that is not the authority's hours."))


class RosterBody(Schema):
    """Who works in an authority."""

    class Meta:
        """A field that is not known is refused."""

        unknown = RAISE

    people = fields.List(fields.Nested(PersonSchema), required=True, validate=validate.Length(1, MOST_ROWS))
    absent_have_left = fields.Boolean(
        load_default=False, metadata=_about("The list names everybody: who works there and is not in it left today.")
    )
    however_many = fields.Boolean(
        load_default=False, metadata=_about("Believe it even where more than a fifth are absent.")
    )
    dry_run = fields.Boolean(load_default=False, metadata=_about("Say what it would do, and change nothing."))


class RefusedPersonSchema(Schema):
    """Somebody who was not taken, and why."""

    place = fields.Integer(required=True, metadata=_about("In the list that was sent, from 0."))
    staff_ref = fields.String(required=True)
    reason = fields.String(required=True)


class RosterReportSchema(Schema):
    """What a roster did, or would do."""

    dry_run = fields.Boolean(required=True)
    joined = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    left = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    updated = fields.Integer(required=True, metadata=_about("Of those who stay or move, who got other details."))
    refused = fields.List(fields.Nested(RefusedPersonSchema), required=True)
    oddities = fields.List(fields.String(), required=True, metadata=_about("What looks odd, and may be right."))
    new_groups = fields.List(fields.String(), required=True)


class GroupBody(Schema):
    """A group to be added."""

    class Meta:
        """A field that is not known is refused."""

        unknown = RAISE

    name = fields.String(required=True, validate=validate.Length(1, LONGEST_NAME))
    level = fields.String(required=True, validate=validate.OneOf(["service_area", "team"]))
    parent = fields.String(required=True, metadata=_about("The key of an authority, or of a service area."))


class StructureSchema(Schema):
    """The groups that there are now, each after the one that it is part of."""

    groups = fields.List(fields.Nested(GroupSchema), required=True)


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
