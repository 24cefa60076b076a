"""A page that a lead shares with their team, and how they share it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.pages.addresses import group_path
from dashboards.pages.group import build_group_page
from dashboards.pages.measure import build_measure_page
from dashboards.snapshots import ReportingGroup
from survey_app.extensions import settings, vault
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.errors import UnknownLink
from survey_app.use_cases.reading import is_inside
from survey_app.use_cases.sharing import SharedLink, find_shared, share_page, shared_link_of, stop_sharing
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("shared", __name__)
_VARIANTS = frozenset({"wide", "phone", "spark"})


@pages.get("/share/<key>")
def ask(key: str) -> str:
    """How a group's page is shared: the link that is good now, or a button to make one."""
    group = _own_group(key)
    link = shared_link_of(current_viewer(), key, datetime.now(UTC), vault())
    return render_template(
        "share.html",
        group=group,
        path=group_path(group.key, group.level),
        link=link,
        address=f"{settings().public_base_url}/shared/{link.token}" if link else "",
        home_links=home_links(current_viewer()),
    )


@pages.post("/share/<key>")
def share(key: str) -> AnyResponse:
    """Make a link for two weeks, or end those there are."""
    _own_group(key)
    now = datetime.now(UTC)
    if request.form.get("do") == "stop":
        stop_sharing(current_viewer(), key, now)
    else:
        share_page(current_viewer(), key, now, vault())
    return redirect(f"/share/{key}", 303)


@pages.get("/shared/<token>")
def show(token: str) -> tuple[str, int] | str:
    """The page as the lead sees it, with every measure under it."""
    link = _find(token)
    results = DatabaseResults(link.programme)
    group = results.group(link.group_key)
    page = build_group_page(results, group) if group else None
    if group is None or page is None:
        abort(404)
    measures = [build_measure_page(results, group, measure.id) for measure in page.wave.measures]
    return render_template(
        "shared.html", page=page, measures=measures, home=f"/shared/{token}", until=link.expires_at, home_links=()
    )


@pages.get("/shared/<token>/<measure>/<picture>.svg")
def picture(token: str, measure: str, picture: str) -> Response:
    """A picture of the shared page."""
    link = _find(token)
    variant, _, fingerprint = picture.rpartition("-")
    stored = DatabaseResults(link.programme).chart(link.group_key, measure, variant) if variant in _VARIANTS else None
    if stored is None or stored.fingerprint != fingerprint:
        abort(404)
    response = Response(stored.svg, mimetype="image/svg+xml")
    response.set_etag(stored.fingerprint)
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns this response


def _find(token: str) -> SharedLink:
    try:
        return find_shared(token, datetime.now(UTC), vault())
    except UnknownLink:
        abort(404)


def _own_group(key: str) -> ReportingGroup:
    """A published group that is the viewer's own or inside an own one; what is only above is not theirs to show."""
    viewer = current_viewer()
    found = DatabaseResults(viewer.programme).group(key)
    if found is None or not is_inside(viewer, found):
        abort(404)
    return found
