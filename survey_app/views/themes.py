"""What teams of a programme try and pass up, across authorities, for programme leads."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from dashboards.pages.themes import build_themes, build_tried_page
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.blueprints import passed_up_in
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("themes", __name__, url_prefix="/programme")


@pages.get("/themes")
def index() -> str:
    """Every theme: who tries something for it, and what was passed up."""
    viewer = current_viewer()
    found = build_themes(DatabaseResults(viewer.programme), viewer.programme, passed_up_in(viewer.programme))
    return render_template("themes.html", home_links=home_links(viewer), themes=found)


@pages.get("/changes/<name>")
def tried(name: str) -> str:
    """One small change across the teams that tried it, each from its own start."""
    viewer = current_viewer()
    page = build_tried_page(DatabaseResults(viewer.programme), viewer.programme, name)
    if page is None:
        abort(404)
    return render_template("tried.html", home_links=home_links(viewer), page=page)
