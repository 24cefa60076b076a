"""Opt out of messages: GET asks, POST does, and mail programs may POST by themselves (RFC 8058)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template

from survey_app.extensions import vault
from survey_app.use_cases import opting_out
from survey_app.use_cases.errors import UnknownInvitation
from survey_app.use_cases.responding import find_invitation_id

pages = Blueprint("opting_out", __name__)


@pages.get("/o/<token>")
def ask(token: str) -> tuple[str, int] | str:
    """Ask whether to stop the messages. Changes nothing."""
    try:
        find_invitation_id(token, vault())
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    return render_template("respond/opt_out.html")


@pages.post("/o/<token>")
def opt_out(token: str) -> tuple[str, int] | str:
    """Stop the messages."""
    try:
        opting_out.opt_out(token, datetime.now(UTC), vault())
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    return render_template("respond/opted_out.html")
