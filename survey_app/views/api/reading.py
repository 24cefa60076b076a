"""The API's read side, `/api/v1`: pages and ETags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema, ValidationError

from survey_app.stores.publication_list import asked_instruments, instrument_document, page_of_cells
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.reading import readable_groups
from survey_app.views.api.description import description
from survey_app.views.api.edge import answer, current_program, pages, problem
from survey_app.views.api.schemas import (
    CELLS_PAGE,
    GROUPS_PAGE,
    INSTRUMENTS_PAGE,
    WAVES_PAGE,
    CellQuery,
    PageQuery,
)

Items = Sequence[dict[str, Any]]  # Any: fields of a resource


@pages.get("/openapi.json")
def describe() -> Response:
    """The API in OpenAPI 3.1."""
    return answer(description())


@pages.get("/waves")
def waves() -> Response:
    """Waves of the key's group whose results are out."""
    viewer = current_program().viewer
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
    viewer = current_program().viewer
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
    viewer = current_program().viewer
    results = DatabaseResults(viewer.programme)
    keys = None if viewer.programme in viewer.own_groups else {group.key for group in readable_groups(results, viewer)}
    found = list(page_of_cells(viewer.programme, keys, wanted, after=query["after"], limit=limit + 1))
    following: dict[str, object] | None = None
    if len(found) > limit:
        following = {**wanted, "limit": limit, "after": found[limit - 1]["id"]}
    return answer(_dumped("cells", found[:limit], following, CELLS_PAGE))


@pages.get("/instruments")
def instruments() -> Response:
    """Versions that waves of the key's group asked."""
    viewer = current_program().viewer
    known = {wave.key for wave in DatabaseResults(viewer.programme).waves(next(iter(viewer.own_groups)))}
    asked = asked_instruments(viewer.programme)
    found = [{"reference": reference, "waves": sorted(known & keys)} for reference, keys in sorted(asked.items())]
    return _page("instruments", [each for each in found if each["waves"]], INSTRUMENTS_PAGE, "reference")


@pages.get("/instruments/<instrument_id>/<version>")
def instrument(instrument_id: str, version: str) -> Response:
    """What a version asks."""
    viewer = current_program().viewer
    results = DatabaseResults(viewer.programme)
    known = {wave.key for wave in results.waves(next(iter(viewer.own_groups)))}
    document = instrument_document(viewer.programme, f"{instrument_id}@{version}", known)
    if document is None:
        return problem(404, "Not found", "No published wave that this key sees asked this version.")
    return answer(document)


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
    return answer(_dumped(name, found[begins:ends], following, schema))


def _dumped(
    name: str, items: Items, following: dict[str, object] | None, schema: type[Schema]
) -> dict[str, Any]:  # Any: as above
    address = f"{request.path}?{urlencode(following)}" if following else None
    dumped: dict[str, Any] = schema().dump({name: items, "next": address})
    return dumped
