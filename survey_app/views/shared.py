"""A page that a lead shares with their team, as the team sees it: nobody signs in."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.pages.group import build_group_page
from dashboards.pages.measure import build_measure_page
from survey_app.extensions import vault
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.errors import TooManyIdeas, UnknownGroup, UnknownLink, UnusableSmallChange
from survey_app.use_cases.sharing import SharedLink, find_shared
from survey_app.use_cases.small_changes import suggest as suggest_change

pages = Blueprint("shared", __name__)
_VARIANTS = frozenset({"wide", "phone", "spark"})


@pages.get("/shared/<token>")
def show(token: str) -> str:
    """The page as the lead sees it, with every measure under it."""
    return _page(token)


@pages.post("/shared/<token>")
def suggest(token: str) -> Response | tuple[str, int]:
    """Take an idea for a small change, without a name."""
    link = _find(token)
    words = " ".join(request.form.get("idea", "").split())
    try:
        suggest_change(link.group_key, words, datetime.now(UTC).date())
    except UnknownGroup:
        abort(404)
    except (UnusableSmallChange, TooManyIdeas) as error:
        return _page(token, problem=str(error)), 400
    return Response(_page(token, is_thanked=True), mimetype="text/html")


def _page(token: str, *, problem: str = "", is_thanked: bool = False) -> str:
    link = _find(token)
    results = DatabaseResults(link.programme)
    group = results.group(link.group_key)
    page = build_group_page(results, group) if group else None
    if group is None or page is None:
        abort(404)
    measures = [build_measure_page(results, group, measure.id) for measure in page.wave.measures]
    return render_template(
        "shared.html",
        page=page,
        measures=measures,
        home=f"/shared/{token}",
        until=link.expires_at,
        home_links=(),
        problem=problem,
        is_thanked=is_thanked,
        typed=request.form,
    )


@pages.get("/shared/<token>/<measure>/<picture>.svg")
def picture(token: str, measure: str, picture: str) -> AnyResponse:
    """A picture of the shared page; an older one leads to the newest."""
    link = _find(token)
    variant, _, fingerprint = picture.rpartition("-")
    stored = DatabaseResults(link.programme).chart(link.group_key, measure, variant) if variant in _VARIANTS else None
    if stored is None:
        abort(404)
    if stored.fingerprint != fingerprint:  # drawn anew since the page was
        return redirect(f"/shared/{token}/{measure}/{variant}-{stored.fingerprint}.svg")
    response = Response(stored.svg, mimetype="image/svg+xml")
    response.set_etag(stored.fingerprint)
    return response.make_conditional(request)


def _find(token: str) -> SharedLink:
    try:
        return find_shared(token, datetime.now(UTC), vault())
    except UnknownLink:
        abort(404)
