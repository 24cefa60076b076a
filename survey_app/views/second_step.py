"""The second step of signing in, the app that it needs, and somebody's own account."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import settings, vault
from survey_app.phrases import phrase
from survey_app.use_cases import second_steps, signing_in
from survey_app.use_cases.identities import is_connected
from survey_app.use_cases.identity_providers import provider_of
from survey_app.views.guard import current_session, current_viewer, needs_second_steps, session_cookie, set_cookie
from survey_app.views.navigation import home_links
from survey_app.views.qr_pictures import qr_picture

pages = Blueprint("second_step", __name__)

WRONG = phrase("That code is not right. Type the one that the app shows now: it changes every 30 seconds.")
LOCKED = phrase("Too many codes were wrong. Wait a quarter of an hour, then try again.")


@pages.get("/second-step")
def ask() -> Response | str:
    """Ask for a code; somebody without an app sets one up first."""
    if not second_steps.has_second_factor(current_viewer().account_id):
        return redirect("/second-step/set-up")
    return _ask("")


@pages.post("/second-step")
def take() -> Response | tuple[str, int]:
    """Take the step."""
    viewer, now = current_viewer(), datetime.now(UTC)
    if not second_steps.take_second_step(viewer, request.form.get("code", ""), now, vault()):
        locked = second_steps.is_locked(viewer.account_id, now)
        return _ask(LOCKED if locked else WRONG), 429 if locked else 403
    response = redirect(_own_page(request.form.get("next", "")), code=303)
    renew(response, now)
    return response


@pages.get("/second-step/set-up")
def set_up() -> Response | str:
    """Show an app its secret, until it is confirmed."""
    if second_steps.has_second_factor(current_viewer().account_id):
        return redirect("/second-step")
    return _set_up("")


@pages.post("/second-step/set-up")
def confirm_app() -> Response | tuple[str, int]:
    """Confirm the app by its first code, and show the recovery codes this once."""
    now = datetime.now(UTC)
    if second_steps.has_second_factor(current_viewer().account_id):
        return redirect("/second-step", code=303)
    code = "".join(request.form.get("code", "").split())
    codes = second_steps.confirm_enrolment(current_viewer(), code, now, vault())
    if codes is None:
        return _set_up(WRONG), 403
    response = Response(render_template("sign_in/recovery_codes.html", codes=codes), mimetype="text/html")
    renew(response, now)
    return response


@pages.get("/account")
def account() -> str:
    """Who is signed in, with which roles, and in how many browsers."""
    viewer = current_viewer()
    return render_template(
        "sign_in/account.html",
        home_links=home_links(viewer),
        roles=viewer.roles,
        sessions=signing_in.sessions_of(viewer.account_id, datetime.now(UTC)),
        with_second_step=needs_second_steps(),
        provider=provider_of(settings()),
        is_connected=is_connected(viewer.account_id),
    )


@pages.post("/account/recovery-codes")
def fresh_codes() -> str:
    """New recovery codes, shown this once."""
    if not second_steps.has_second_factor(current_viewer().account_id):
        abort(404)
    codes = second_steps.make_recovery_codes(current_viewer(), datetime.now(UTC), vault())
    return render_template("sign_in/recovery_codes.html", home_links=home_links(current_viewer()), codes=codes)


@pages.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End every session of whoever is signed in."""
    signing_in.sign_out_everywhere(current_viewer().account_id)
    response = redirect("/sign-in", code=303)
    response.delete_cookie(session_cookie(), path="/")
    return response


def renew(response: Response, now: datetime) -> None:
    """Give the session a new reference, now that its second step was taken."""
    reference = signing_in.renew_session(request.cookies.get(session_cookie(), ""), now, vault())
    left = current_session().signed_in_at + signing_in.SESSION_LIFETIME - now
    set_cookie(response, session_cookie(), reference, int(left.total_seconds()))


def _own_page(path: str) -> str:
    """A page of this site, or the first: whatever else stands there leads nobody elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"


def _ask(problem: str) -> str:
    return render_template("sign_in/second_step.html", problem=problem)


def _set_up(problem: str) -> str:
    enrolment = second_steps.begin_enrolment(current_viewer(), vault())
    picture = qr_picture(enrolment.address, error="m", scale=5)
    secret = " ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4))
    return render_template("sign_in/set_up.html", picture=picture, secret=secret, problem=problem)
