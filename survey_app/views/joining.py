"""Posters, for programme leads to print, and the page that a poster's code leads to."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, abort, render_template
from flask_babel import gettext

from survey_app.extensions import settings, vault
from survey_app.use_cases.errors import UnknownGroup
from survey_app.use_cases.joining import Poster, find_poster, poster_of, posters_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links
from survey_app.views.qr_pictures import qr_picture

pages = Blueprint("joining", __name__)


@pages.get("/join/<code>")
def ask_for_invitation(code: str) -> str:
    """How somebody whom no message reaches asks for an invitation. Takes nothing, and leads to no ballot."""
    try:
        poster = find_poster(code, vault())
    except UnknownGroup:
        abort(404)
    return render_template("respond/join.html", poster=poster, letter=_letter(poster))


@pages.get("/manage/posters")
def index() -> str:
    """Every team and its poster."""
    return render_template(
        "manage/posters.html", posters=posters_of(_programme(), vault()), home_links=home_links(current_viewer())
    )


@pages.get("/manage/posters/<team>")
def poster(team: str) -> str:
    """One team's poster, to be printed."""
    try:
        found = poster_of(_programme(), team, vault())
    except UnknownGroup:
        abort(404)
    address = f"{settings().public_base_url}/join/{found.code}"
    return render_template(
        "manage/poster.html", poster=found, address=address, picture=qr_picture(address, error="q", scale=8)
    )


def _programme() -> str:
    return current_viewer().programme


def _letter(found: Poster) -> str:
    """A letter to whoever looks after the roster, begun."""
    subject = gettext("Please add me to the pulse: %(team)s", team=found.team)
    body = gettext(
        "I work in %(team)s (%(area)s, %(authority)s) and get no message.\nMy name:\nMy work email or mobile number:\n",
        team=found.team,
        area=found.service_area,
        authority=found.authority,
    )
    return f"mailto:{settings().contact_email}?subject={quote(subject)}&body={quote(body)}"
