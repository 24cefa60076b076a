"""The API's read side, `/api/v1`: bearer keys, pages, ETags, problems in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, json, request
from marshmallow import Schema, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from survey_app.extensions import vault
from survey_app.stores.publication_list import asked_instruments, instrument_document, page_of_cells
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.api_keys import find_viewer_of_key
from survey_app.use_cases.reading import readable_groups
from survey_app.views.api.description import description
from survey_app.views.api.schemas import (
    CELLS_PAGE,
    GROUPS_PAGE,
    INSTRUMENTS_PAGE,
    WAVES_PAGE,
    CellQuery,
    PageQuery,
)
from survey_app.views.errors import note_database_error
from survey_app.views.not_now import RETRY_AFTER

pages = Blueprint("api", __name__, url_prefix="/api/v1")

Items = Sequence[dict[str, Any]]  # Any: fields of a resource


@pages.before_request
def _require_key() -> Response | None:
    if request.endpoint == "api.describe":
        return None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    viewer = find_viewer_of_key(secret.strip(), datetime.now(UTC), vault()) if scheme.lower() == "bearer" else None
    if viewer is None:
        refused = _problem(401, "Key needed", "Send `Authorization: Bearer KEY` with a key that is good.")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    g.program = viewer
    return None


@pages.get("/openapi.json")
def describe() -> Response:
    """The API in OpenAPI 3.1."""
    return _answer(description())


@pages.get("/waves")
def waves() -> Response:
    """Waves of the key's group whose results are out."""
    viewer = _viewer()
    own = next(iter(viewer.own_groups))
    found = [
        {
            "key": wave.key,
            "label": wave.label,
            "closed_on": wave.closed_on,
            "minimum_group_size": wave.minimum_group_size,
            "measures": [
                {
                    "id": measure.id,
                    "title": measure.title,
                    "higher_is_better": measure.higher_is_better,
                    "series": place.series if (place := wave.place_of(measure.id)) else "",
                }
                for measure in wave.measures
            ],
        }
        for wave in DatabaseResults(viewer.programme).waves(own)
    ]
    return _page("waves", found, WAVES_PAGE, "key")


@pages.get("/groups")
def groups() -> Response:
    """Groups that the key sees figures of."""
    viewer = _viewer()
    found = readable_groups(DatabaseResults(viewer.programme), viewer)
    ordered = sorted(found, key=lambda group: group.key)
    items = [{"key": each.key, "name": each.name, "level": each.level, "parent": each.parent} for each in ordered]
    return _page("groups", items, GROUPS_PAGE, "key")


@pages.get("/cells")
def cells() -> Response:
    """Published cells that the key sees."""
    query = _query(CellQuery())
    limit: int = query["limit"]
    wanted: dict[str, str] = {name: query[name] for name in ("wave", "group", "measure") if name in query}
    viewer = _viewer()
    results = DatabaseResults(viewer.programme)
    keys = None if viewer.programme in viewer.own_groups else {group.key for group in readable_groups(results, viewer)}
    found = list(page_of_cells(viewer.programme, keys, wanted, after=query["after"], limit=limit + 1))
    following: dict[str, object] | None = None
    if len(found) > limit:
        following = {**wanted, "limit": limit, "after": found[limit - 1]["id"]}
    return _answer(_dumped("cells", found[:limit], following, CELLS_PAGE))


@pages.get("/instruments")
def instruments() -> Response:
    """Versions that waves of the key's group asked."""
    viewer = _viewer()
    known = {wave.key for wave in DatabaseResults(viewer.programme).waves(next(iter(viewer.own_groups)))}
    asked = asked_instruments(viewer.programme)
    found = [{"reference": reference, "waves": sorted(known & keys)} for reference, keys in sorted(asked.items())]
    return _page("instruments", [each for each in found if each["waves"]], INSTRUMENTS_PAGE, "reference")


@pages.get("/instruments/<instrument_id>/<version>")
def instrument(instrument_id: str, version: str) -> Response:
    """What a version asks."""
    viewer = _viewer()
    results = DatabaseResults(viewer.programme)
    known = {wave.key for wave in results.waves(next(iter(viewer.own_groups)))}
    document = instrument_document(viewer.programme, f"{instrument_id}@{version}", known)
    if document is None:
        return _problem(404, "Not found", "No published wave that this key sees asked this version.")
    return _answer(document)


@pages.errorhandler(ValidationError)
def _refuse_question(error: ValidationError) -> Response:
    messages = error.normalized_messages()
    said = "; ".join(f"{name}: {' '.join(map(str, words))}" for name, words in messages.items())
    return _problem(400, "The question is not right", said)


@pages.errorhandler(SQLAlchemyError)
def _not_now(error: SQLAlchemyError) -> Response:
    note_database_error(error)
    refused = _problem(503, "Not working just now", "Nothing is lost. Try again after half a minute.")
    refused.headers.update(RETRY_AFTER)
    return refused


@pages.errorhandler(HTTPException)
def _in_words(error: HTTPException) -> Response:
    return _problem(error.code or 500, error.name, error.description or "")


def _viewer() -> Viewer:
    viewer: Viewer = g.program
    return viewer


def _query(schema: Schema) -> dict[str, Any]:  # Any: values by name
    loaded: dict[str, Any] = schema.load(request.args.to_dict())
    return loaded


def _page(name: str, found: Items, schema: type[Schema], key: str) -> Response:
    """A page of a resource that is all at hand, in the order of its key or of time."""
    query = _query(PageQuery())
    begins = 0
    if query["after"]:
        places = [place for place, item in enumerate(found) if item[key] == query["after"]]
        if not places:
            raise ValidationError({"after": ["Take it from `next` of the page before."]})
        begins = places[0] + 1
    ends = begins + query["limit"]
    following: dict[str, object] | None = None
    if len(found) > ends:
        following = {"limit": query["limit"], "after": found[ends - 1][key]}
    return _answer(_dumped(name, found[begins:ends], following, schema))


def _dumped(
    name: str, items: Items, following: dict[str, object] | None, schema: type[Schema]
) -> dict[str, Any]:  # Any: as above
    address = f"{request.path}?{urlencode(following)}" if following else None
    dumped: dict[str, Any] = schema().dump({name: items, "next": address})
    return dumped


def _answer(body: dict[str, Any]) -> Response:  # Any: as above
    response = Response(json.dumps(body, sort_keys=True), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns this response


def _problem(status: int, title: str, detail: str) -> Response:
    body = json.dumps({"title": title, "status": status, "detail": detail})
    return Response(body, status=status, mimetype="application/problem+json")
