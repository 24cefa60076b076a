"""An authority's local blueprint: everybody inside reads it, its leads answer."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboards.snapshots import Level
from survey_app.models.groups import Group
from survey_app.use_cases.blueprints import Answer, Status, answer_item, blueprint_of
from survey_app.use_cases.errors import ChangedMeanwhile, UnknownBlueprintItem, UnknownGroup, UnusableSmallChange
from survey_app.use_cases.groups import authority_of, find_group, find_groups
from survey_app.use_cases.small_changes import themes_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("blueprints", __name__)


@pages.get("/authorities/<key>/blueprint")
def show(key: str) -> str:
    """What an authority's teams passed up, and what came of it."""
    return _page(key)


@pages.post("/authorities/<key>/blueprint/<int:item>")
def answer(key: str, item: int) -> Response | tuple[str, int]:
    """Say who takes something up and what came of it."""
    if key not in current_viewer().inside:
        abort(404)
    form = request.form
    texts = {name: " ".join(form.get(name, "").split()) for name in ("theme", "owner", "answer")}
    status, version = form.get("status", ""), form.get("version", "")
    try:
        if status not in set(Status):
            raise UnusableSmallChange("answer", "Choose where it stands")
        given = Answer(**texts, status=Status(status))
        expected = int(version) if version.isdigit() else 0
        answer_item(key, item, given, expected=expected, by=current_viewer().name, now=datetime.now(UTC))
    except (UnknownBlueprintItem, UnknownGroup):
        abort(404)
    except UnusableSmallChange as error:
        return _page(key, item, str(error)), 400
    except ChangedMeanwhile as error:
        return _page(key, item, str(error)), 409
    return redirect(f"/authorities/{key}/blueprint", code=303)


def _page(key: str, item: int = 0, problem: str = "") -> str:
    authority = _readable_authority(key)
    return render_template(
        "changes/blueprint.html",
        home_links=home_links(current_viewer()),
        authority=authority,
        lines=blueprint_of(key),
        statuses=list(Status),
        themes=themes_of(current_viewer().programme),
        may_answer=key in current_viewer().inside,
        typed=request.form,
        item=item,
        problem=problem,
    )


def _readable_authority(key: str) -> Group:
    """An authority that is the viewer's own, inside an own group, or the one that an own group is part of."""
    viewer = current_viewer()
    try:
        authority = find_group(key, Level.AUTHORITY)
    except UnknownGroup:
        abort(404)
    above = {authority_of(group).key for group in find_groups(viewer.own_groups)}
    if key not in viewer.inside and key not in above:
        abort(404)
    return authority
