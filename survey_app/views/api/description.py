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
    WAVES_PAGE,
    CellQuery,
    PageQuery,
    ProblemSchema,
)

_ABOUT = (
    "Published figures of Crescendo Pulse. A key sees what somebody with a role in its group sees; figures are "
    "rounded, and what is not shown has none. Pages follow `next`. Answers carry an ETag; ask again with If-None-Match."
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


_PARTS = ("instrument_id", "version")


def _refusals() -> dict[str, Any]:  # Any: JSON
    return {
        "401": _problem("The key is missing, wrong, over or revoked."),
        "503": _problem("It is not working just now; try again after the seconds of Retry-After."),
    }


def _problem(words: str) -> dict[str, Any]:  # Any: JSON
    return {"description": words, "content": {"application/problem+json": {"schema": ProblemSchema}}}
