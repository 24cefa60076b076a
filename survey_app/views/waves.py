"""Waves as programme leads look after them: which there are, and how far their messages have come."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template

from survey_app.extensions import settings, vault
from survey_app.use_cases.delivery_overview import delivery_of, waves_of
from survey_app.use_cases.errors import UnknownWave
from survey_app.use_cases.sender_overview import senders_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links, leads_programme

pages = Blueprint("waves", __name__, url_prefix="/manage/waves")


@pages.before_request
def _only_for_programme_leads() -> None:
    if not leads_programme(current_viewer()):
        abort(404)


@pages.get("")
def index() -> str:
    """Every wave, the newest first."""
    return _render("manage/waves.html", waves=waves_of(current_viewer().programme))


@pages.get("/<wave>/delivery")
def delivery(wave: str) -> str:
    """What became of a wave's messages; never who has not answered."""
    now = datetime.now(UTC)
    programme = current_viewer().programme
    try:
        found = delivery_of(programme, wave, now)
    except UnknownWave:
        abort(404)
    return _render("manage/delivery.html", delivery=found, senders=senders_of(programme, settings(), vault(), now))


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), **values)
