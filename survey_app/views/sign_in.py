"""Sign in by a link that works once, for ten minutes, in the browser that asked for it; or by its code, typed there."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey_app.extensions import settings, vault
from survey_app.queues import ring_delivery
from survey_app.use_cases import signing_in
from survey_app.use_cases.access import demo_accounts
from survey_app.use_cases.identity_providers import provider_of
from survey_app.views.gate import NOT_BEFORE
from survey_app.views.guard import browser_cookie, session_cookie, set_cookie

pages = Blueprint("sign_in", __name__)
ANSWER_AFTER_SECONDS = 0.4
"""Writing a link down takes some milliseconds longer than knowing nobody; waiting for it is done outside the gate."""

_LONGEST_EMAIL = 254


@pages.get("/sign-in")
def ask() -> str:
    """Ask for an address; in a demo, offer the demo's own people."""
    accounts = demo_accounts(vault()) if settings().demo else ()
    return render_template(
        "sign_in/ask.html", accounts=accounts, email="", problem="", provider=provider_of(settings())
    )


@pages.post("/sign-in")
def send_link() -> Response | tuple[str, int]:
    """Send a link, and answer the same, after the same time, whether or not the address is somebody's."""
    request.environ[NOT_BEFORE] = time.monotonic() + ANSWER_AFTER_SECONDS
    email = request.form.get("email", "").strip()[:_LONGEST_EMAIL]
    if "@" not in email:
        problem = gettext("Enter your work email address, such as name@example.gov.uk")
        page = render_template(
            "sign_in/ask.html", accounts=(), email=email, problem=problem, provider=provider_of(settings())
        )
        return page, 400
    browser = request.cookies.get(browser_cookie()) or secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    place, is_limited = request.remote_addr or "", not settings().demo
    messages = signing_in.request_sign_in(email, browser, now, vault(), place=place, is_limited=is_limited)
    ring_delivery(settings().redis_url, messages, now, urgent=True)
    response = redirect("/sign-in/check-mail", code=303)
    set_cookie(response, browser_cookie(), browser, int(signing_in.LINK_LIFETIME.total_seconds()))
    return response


@pages.get("/sign-in/check-mail")
def check_mail() -> str:
    """Say that a link may be on its way, and take its code from whoever reads mail on another device."""
    return render_template("sign_in/check_mail.html", problem="")


@pages.post("/sign-in/code")
def use_code() -> Response | tuple[str, int]:
    """Use the code of the newest link."""
    code = "".join(request.form.get("code", "").split())
    browser = request.cookies.get(browser_cookie(), "")
    reference = signing_in.sign_in_with_code(code, browser, datetime.now(UTC), vault())
    if reference is None:
        problem = gettext("That code is not right, or too old. Look at the newest email, or ask for another.")
        return render_template("sign_in/check_mail.html", problem=problem), 403
    return start_browser_session(reference)


@pages.get("/sign-in/<token>")
def confirm(token: str) -> str:  # noqa: ARG001 - part of the address; the form posts back to it
    """Show one button: mail scanners that open the link sign nobody in."""
    return render_template("sign_in/confirm.html")


@pages.post("/sign-in/<token>")
def use_link(token: str) -> Response | tuple[str, int]:
    """Use the link."""
    browser = request.cookies.get(browser_cookie(), "")
    reference = signing_in.sign_in(token, browser, datetime.now(UTC), vault())
    if reference is None:
        return render_template("sign_in/refused.html"), 403
    return start_browser_session(reference)


@pages.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    signing_in.sign_out(request.cookies.get(session_cookie(), ""), vault())
    response = redirect("/sign-in", code=303)
    response.delete_cookie(session_cookie(), path="/")
    return response


def start_browser_session(reference: str) -> Response:
    """The first page, with a session's cookie."""
    response = redirect("/", code=303)
    set_cookie(response, session_cookie(), reference, int(signing_in.SESSION_LIFETIME.total_seconds()))
    response.delete_cookie(browser_cookie(), path="/")
    return response
