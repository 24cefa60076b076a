"""Lines of a programme's groups on one measure, to be looked through."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from dashboards.pages.explorer import build_explorer_page
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.ahead import ahead_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("explorer", __name__)


@pages.get("/explore")
def explore() -> str:
    """The chosen groups' lines: a table, and a chart where there is a script."""
    viewer = current_viewer()
    results = DatabaseResults(viewer.programme)
    programme = results.group(viewer.programme)
    if programme is None:
        return render_template("empty.html", page=None, ahead=ahead_of(viewer.programme), home_links=home_links(viewer))
    page = build_explorer_page(results, programme, request.args.get("measure"), set(request.args.getlist("group")))
    if page is None:
        abort(404)
    return render_template("explorer.html", page=page, home_links=home_links(viewer))
