"""Opt out of messages: GET asks, POST does, and mail programs may POST by themselves (RFC 8058)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template, request

from survey_app.extensions import vault
from survey_app.use_cases import opting_out
from survey_app.use_cases.errors import UnknownInvitation
from survey_app.use_cases.opting_out import Stop
from survey_app.use_cases.responding import language_of
from survey_app.views.languages import LANGUAGES, speak

pages = Blueprint("opting_out", __name__)


@pages.get("/o/<token>")
def ask(token: str) -> tuple[str, int] | str:
    """Ask which messages to stop. Changes nothing."""
    try:
        speak(language_of(token, vault()), LANGUAGES)
        ways = opting_out.ways_to_reach(token, vault())
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    return render_template("respond/opt_out.html", has_both=len(ways) > 1)


@pages.post("/o/<token>")
def opt_out(token: str) -> tuple[str, int] | str:
    """Stop the messages: all of them where a mail program asks, which sends no choice of ours."""
    given = request.form.get("stop", "")
    stop = Stop(given) if given in set(Stop) else Stop.EVERYTHING
    try:
        speak(language_of(token, vault()), LANGUAGES)
        opting_out.opt_out(token, datetime.now(UTC), vault(), stop)
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    return render_template("respond/opted_out.html", stopped=stop)
