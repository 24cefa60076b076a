"""The demo's outbox: every email and text that its own peers received, and buttons for what may become of them."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence

from flask import Blueprint, Response, abort, render_template, url_for

from survey_app.demo.bouncing import send_bounce
from survey_app.demo.mailbox import Letter, list_letters, list_texts, read_letter
from survey_app.extensions import settings
from survey_app.use_cases.delivery_overview import words_of
from survey_app.views.guard import CONTENT_SECURITY_POLICY

pages = Blueprint("demo", __name__, url_prefix="/demo")
_SHOWN = 12
_SIGN_INS_SHOWN = 3
"""Of letters to sign in, so that trying everybody's page out does not push the invitations off this one."""

TEXT_BUTTONS = {
    "deliver": {"status": "delivered"},
    "fail": {"status": "undelivered", "code": "30003"},
    "stop": {"reply": "STOP"},
}
"""What the buttons under a text ask of the text peer, which then calls back as Twilio would."""


@pages.get("/outbox")
def outbox() -> Response:
    """List what was received, newest first, with what became of it."""
    folder = settings().mailbox_dir
    letters, texts = list_letters(folder), list_texts(folder)
    to_show = _newest(letters)
    shown = [letter.attempt for letter in to_show] + [text.sid for text in texts[:_SHOWN]]
    page = render_template(
        "demo/outbox.html",
        letters=to_show,
        texts=texts[:_SHOWN],
        letter_count=len(letters),
        text_count=len(texts),
        words=words_of(shown),
        takes_bounces=bool(settings().bounce_listen),
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _newest(letters: Sequence[Letter]) -> list[Letter]:
    """The newest letters, few of them to sign in, in the order they came."""
    kept = {letter.name for letter in [each for each in letters if each.is_sign_in][:_SIGN_INS_SHOWN]}
    kept |= {letter.name for letter in [each for each in letters if not each.is_sign_in][:_SHOWN]}
    return [letter for letter in letters if letter.name in kept]


@pages.post("/outbox/text/<sid>/<action>")
def text(sid: str, action: str) -> Response:
    """Let the network deliver a text or not, or its recipient reply."""
    if action not in TEXT_BUTTONS:
        abort(404)
    form = urllib.parse.urlencode({"sid": sid, **TEXT_BUTTONS[action]}).encode()
    call = urllib.request.Request(f"{settings().twilio_base_url}/control/text", data=form)  # noqa: S310 - the demo's own peer
    try:
        urllib.request.urlopen(call, timeout=10).close()  # noqa: S310 - as above
    except (urllib.error.URLError, ValueError):
        abort(404)
    return _back(f"text-{sid}")


@pages.post("/outbox/mail/<name>/bounce")
def bounce(name: str) -> Response:
    """Let a mail come back from an address that is not there."""
    found = read_letter(settings().mailbox_dir, name)
    if found is None or not settings().bounce_listen:
        abort(404)
    send_bounce(settings().bounce_listen, f"bounce+{found.attempt}@example.org", found.to, "5.1.1")
    return _back(f"mail-{found.attempt}")


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


def _back(anchor: str) -> Response:
    return Response(status=303, headers={"Location": url_for("demo.outbox", _anchor=anchor)})
