"""The API's description in OpenAPI 3.1, made from the schemas that answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from survey_app.views.api.schemas import (
    CELLS_PAGE,
    GROUPS_PAGE,
    INSTRUMENTS_PAGE,
    LONGEST_KEY,
    WAVES_PAGE,
    CellQuery,
    GroupBody,
    GroupSchema,
    PageQuery,
    ProblemSchema,
    RosterBody,
    RosterReportSchema,
    StructureSchema,
)

_ABOUT = (
    "Published figures of Crescendo Pulse. A key sees what somebody with a role in its group sees; figures are "
    "rounded, and what is not shown has none. Pages follow `next`. Answers carry an ETag; ask with If-None-Match. "
    "Keys that may write bring rosters in and add groups, each request once for its Idempotency-Key."
)
_RESOURCES = (
    ("waves", "Waves whose results are out, oldest first", WAVES_PAGE, PageQuery),
    ("groups", "Groups that figures are published of, by key", GROUPS_PAGE, PageQuery),
    ("cells", "Published cells, oldest first", CELLS_PAGE, CellQuery),
    ("instruments", "Versions of instruments that published waves asked", INSTRUMENTS_PAGE, PageQuery),
)


@cache
def description() -> dict[str, Any]:  # Any: JSON
    """The description as JSON holds it."""
    spec = APISpec(
        title="Crescendo Pulse",
        version="1",
        openapi_version="3.1.0",
        info={"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        plugins=[MarshmallowPlugin()],
        servers=[{"url": "/"}],
        security=[{"key": []}],
    )
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for name, summary, page, query in _RESOURCES:
        spec.path(f"/api/v1/{name}", operations={"get": _operation(f"list_{name}", summary, page, query)})
    spec.path("/api/v1/instruments/{instrument_id}/{version}", operations={"get": _instrument()})
    spec.path("/api/v1/structure", operations={"get": _structure()})
    roster = _change("bring_roster", "Bring in who works in an authority", RosterBody, ("200", RosterReportSchema))
    authority = {"in": "path", "name": "authority", "required": True, "schema": {"type": "string"}}
    roster["parameters"].append(authority)
    spec.path("/api/v1/rosters/{authority}", operations={"put": roster})
    adding = _change("add_group", "Add a service area or a team", GroupBody, ("201", GroupSchema))
    spec.path("/api/v1/groups", operations={"post": adding})
    found: dict[str, Any] = spec.to_dict()
    return found


def _operation(name: str, summary: str, page: type[Schema], query: type[Schema]) -> dict[str, Any]:  # Any: JSON
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"in": "query", "schema": query}],
        "responses": {
            "200": {"description": "A page.", "content": {"application/json": {"schema": page}}},
            "304": {"description": "Nothing has changed since the ETag that was given."},
            "400": _problem("Something in the question is not right; the detail names it."),
            **_refusals(),
        },
    }


def _instrument() -> dict[str, Any]:  # Any: JSON
    path = [{"in": "path", "name": each, "required": True, "schema": {"type": "string"}} for each in _PARTS]
    return {
        "operationId": "get_instrument",
        "summary": "What a version asks: its document",
        "parameters": path,
        "responses": {
            "200": {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "304": {"description": "Nothing has changed since the ETag that was given."},
            "404": _problem("No published wave that this key sees asked it."),
            **_refusals(),
        },
    }


def _structure() -> dict[str, Any]:  # Any: JSON
    return {
        "operationId": "get_structure",
        "summary": "The groups inside the key's own, as they are now",
        "responses": {
            "200": {"description": "Groups.", "content": {"application/json": {"schema": StructureSchema}}},
            "304": {"description": "Nothing has changed since the ETag that was given."},
            **_refusals(),
        },
    }


def _change(name: str, summary: str, body: type[Schema], done: tuple[str, type[Schema]]) -> dict[str, Any]:  # Any: JSON
    """An operation that changes something, once for its key."""
    status, answer = done
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            status: {
                "description": "Done, or done before: then it has the header `Idempotency-Replayed`.",
                "content": {"application/json": {"schema": answer}},
            },
            "400": _problem("Something in the body is not right, or the Idempotency-Key is missing."),
            "403": _problem("This key only reads."),
            "404": _problem("This key sees no such group."),
            "409": _problem("Not as things are: a name is taken, too many are absent, or it is still at work."),
            "413": _problem("It is too large."),
            "415": _problem("It is not JSON."),
            "422": _problem("Something else was asked under this Idempotency-Key."),
            **_refusals(),
        },
    }


_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "Names this request: sent again within a day it is answered as before, and not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
_PARTS = ("instrument_id", "version")


def _refusals() -> dict[str, Any]:  # Any: JSON
    return {
        "401": _problem("The key is missing, wrong, over or revoked."),
        "503": _problem("It is not working just now; try again after the seconds of Retry-After."),
    }


def _problem(words: str) -> dict[str, Any]:  # Any: JSON
    return {"description": words, "content": {"application/problem+json": {"schema": ProblemSchema}}}
