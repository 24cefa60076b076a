"""Pages that everybody may read: the promise in plain words."""

from __future__ import annotations

from flask import Blueprint, render_template

from survey_app.extensions import settings

pages = Blueprint("public", __name__)


@pages.get("/how-anonymous")
def how_anonymous() -> str:
    """How anonymity works, with the running settings' own numbers."""
    return render_template("how_anonymous.html", minimum=settings().minimum_group_size)


@pages.get("/privacy")
def privacy() -> str:
    """What is kept, for how long, and who to ask."""
    return render_template("privacy.html")


@pages.get("/accessibility")
def accessibility() -> str:
    """What works, what does not, and how to say so."""
    return render_template("accessibility.html")


@pages.get("/support")
def support() -> str:
    """Where to find support: the same page for everybody, whatever they answered."""
    return render_template("support.html")
