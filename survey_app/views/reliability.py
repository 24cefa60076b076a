"""How reliable the scales are, for programme leads."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from survey_app.stores.reliability_cards import find_card, list_cards
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("reliability", __name__, url_prefix="/manage/reliability")


@pages.get("")
def index() -> str:
    """Every card, the newest wave first."""
    return _render("manage/reliability.html", cards=list_cards(current_viewer().programme))


@pages.get("/<wave>/<group>")
def show(wave: str, group: str) -> str:
    """One card: words first, numbers under them."""
    found = find_card(current_viewer().programme, wave, group)
    if found is None:
        abort(404)
    return _render("manage/reliability_card.html", card=found.card, pictures=None)


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), **values)
