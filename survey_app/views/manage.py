"""What a programme lead looks after, in the order in which a new programme needs it."""

from __future__ import annotations

from flask import Blueprint, render_template

from survey_app.views.guard import current_viewer
from survey_app.views.navigation import ROOMS, home_links

pages = Blueprint("manage", __name__)


@pages.get("/manage")
def index() -> str:
    """Every room and what it is for."""
    return render_template("manage/index.html", home_links=home_links(current_viewer()), rooms=ROOMS)
