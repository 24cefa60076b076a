"""Exports: what there is of a group, ordering one, waiting for it, fetching it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.exports.formats import KINDS, Format
from dashboards.pages.addresses import group_path
from dashboards.snapshots import Level, ReportingGroup
from survey_app.extensions import settings
from survey_app.queues import ring_export
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.errors import TooManyExports, UnknownExport
from survey_app.use_cases.exporting import fetch_export, order_export, status_of
from survey_app.use_cases.reading import is_inside, may_read
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("exports", __name__, url_prefix="/exports")
_SECONDS_BETWEEN_LOOKS = 2


@pages.get("/of/<key>")
def ask(key: str) -> str:
    """The formats that a group's figures can be had in."""
    return _form(_readable_group(key))


@pages.post("/of/<key>")
def order(key: str) -> AnyResponse | tuple[str, int]:
    """Order one; it is made by a worker."""
    group = _readable_group(key)
    kind = request.form.get("format", "")
    if kind not in set(Format):
        return _form(group, "Choose a format."), 400
    now = datetime.now(UTC)
    try:
        ordered = order_export(current_viewer(), group, Format(kind), now)
    except TooManyExports as error:
        return _form(group, str(error)), 429
    ring_export(settings().redis_url, ordered, now)
    return redirect(f"/exports/{ordered}", 303)


@pages.get("/<uuid:order_id>")
def wait(order_id: UUID) -> str:
    """How far an export is; the page looks again by itself until it is made."""
    try:
        found = status_of(current_viewer(), order_id, datetime.now(UTC))
    except UnknownExport:
        abort(404)
    _readable_group(found.group_key)  # a role may have ended since
    is_waiting = not found.is_made and not found.problem
    return _render("exports/wait.html", export=found, look_again_in=_SECONDS_BETWEEN_LOOKS if is_waiting else None)


@pages.get("/<uuid:order_id>/file")
def file(order_id: UUID) -> Response:
    """The file, for whoever ordered it."""
    try:
        now = datetime.now(UTC)
        _readable_group(status_of(current_viewer(), order_id, now).group_key)  # as above
        name, mimetype, content = fetch_export(current_viewer(), order_id, now)
    except UnknownExport:
        abort(404)
    response = Response(content, content_type=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _form(group: ReportingGroup, problem: str = "") -> str:
    return _render(
        "exports/ask.html",
        group=group,
        path=group_path(group.key, group.level),
        kinds=KINDS,
        with_inside=group.level is not Level.TEAM and is_inside(current_viewer(), group),
        problem=problem,
    )


def _readable_group(key: str) -> ReportingGroup:
    viewer = current_viewer()
    results = DatabaseResults(viewer.programme)
    found = results.group(key)
    if found is None or not may_read(results, viewer, found):
        abort(404)
    return found


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), **values)
