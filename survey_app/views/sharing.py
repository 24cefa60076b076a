"""How a lead shares a page with their team, and ends it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.pages.addresses import group_path
from dashboards.snapshots import ReportingGroup
from survey_app.extensions import settings, vault
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.reading import is_inside
from survey_app.use_cases.sharing import share_page, shared_link_of, stop_sharing
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("sharing", __name__, url_prefix="/share")


@pages.get("/<key>")
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


@pages.post("/<key>")
def share(key: str) -> AnyResponse:
    """Make a link for two weeks, or end those there are."""
    _own_group(key)
    now = datetime.now(UTC)
    if request.form.get("do") == "stop":
        stop_sharing(current_viewer(), key, now)
    else:
        share_page(current_viewer(), key, now, vault())
    return redirect(f"/share/{key}", 303)


def _own_group(key: str) -> ReportingGroup:
    """A published group that is the viewer's own or inside an own one; what is only above is not theirs to show."""
    viewer = current_viewer()
    found = DatabaseResults(viewer.programme).group(key)
    if found is None or not is_inside(viewer, found):
        abort(404)
    return found
