"""The demo's outbox: every email and text that its own mail server and text peer received, links clickable."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from survey_app.demo.mailbox import list_letters, list_texts, read_letter
from survey_app.extensions import settings

pages = Blueprint("demo", __name__, url_prefix="/demo")
_SHOWN = 12


@pages.get("/outbox")
def outbox() -> str:
    """List what was received, newest first."""
    folder = settings().mailbox_dir
    letters = list_letters(folder)
    texts = list_texts(folder)
    return render_template(
        "demo/outbox.html",
        letters=letters[:_SHOWN],
        texts=texts[:_SHOWN],
        letter_count=len(letters),
        text_count=len(texts),
    )


@pages.get("/outbox/<name>.html")
def mail(name: str) -> Response:
    """Show an email as its recipient would see it, in a page that may run and load nothing."""
    found = read_letter(settings().mailbox_dir, name)
    if found is None:
        abort(404)
    response = Response(found.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-top-navigation-by-user-activation allow-popups"
    )
    return response
