"""Signing in with a council's own provider, and connecting an account with it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import settings, vault
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.errors import ProviderRefused
from survey_app.use_cases.identities import connect, disconnect, note_refusal, sign_in_as
from survey_app.use_cases.identity_providers import WISH_LIFETIME, Provider, begin, provider_of, redeem, seal, unseal
from survey_app.use_cases.signing_in import find_session
from survey_app.views.guard import current_viewer, session_cookie, set_cookie
from survey_app.views.sign_in import start_browser_session

pages = Blueprint("provider", __name__)
_COOKIE = "provider-wish"
_SIGN_IN, _CONNECT = "sign in", "connect"


@pages.get("/sign-in/provider")
def begin_sign_in() -> Response | tuple[str, int]:
    """Send the browser to the provider."""
    return _send_away(_SIGN_IN)


@pages.get("/account/provider")
def begin_connecting() -> Response | tuple[str, int]:
    """Send somebody who is signed in to the provider, to connect their account with it."""
    return _send_away(_CONNECT)


@pages.post("/account/provider/end")
def end_connection() -> Response:
    """Sign in with the provider no more."""
    disconnect(current_viewer(), datetime.now(UTC))
    return redirect("/account", code=303)


@pages.get("/sign-in/provider/callback")
def callback() -> Response | tuple[str, int]:
    """Take the provider's answer. Whatever is wrong with it, the page says the same."""
    now = datetime.now(UTC)
    wish = unseal(request.cookies.get(_COOKIE, ""), vault())
    try:
        identified = redeem(_provider(), _callback(), wish, request.args, now)
        if wish is not None and wish.purpose == _CONNECT:
            viewer = _viewer(now)
            if viewer is None or not connect(viewer, identified, now):
                raise ProviderRefused("nobody to connect with")
            response = redirect("/account")
        else:
            reference = sign_in_as(identified, now, vault())
            if reference is None:
                raise ProviderRefused("nobody has connected this identity")
            response = start_browser_session(reference)
    except ProviderRefused as error:
        note_refusal(error.reason, now)
        response = Response(render_template("sign_in/provider_refused.html"), status=403, mimetype="text/html")
    response.delete_cookie(_COOKIE, path="/")
    return response


def _send_away(purpose: str) -> Response | tuple[str, int]:
    now = datetime.now(UTC)
    try:
        address, wish = begin(_provider(), _callback(), purpose, now)
    except ProviderRefused as error:
        note_refusal(error.reason, now)
        return render_template("sign_in/provider_refused.html"), 503
    response = redirect(address)
    set_cookie(response, _COOKIE, seal(wish, vault()), int(WISH_LIFETIME.total_seconds()))
    return response


def _provider() -> Provider:
    found = provider_of(settings())
    if found is None:
        abort(404)
    return found


def _callback() -> str:
    return f"{settings().public_base_url}/sign-in/provider/callback"


def _viewer(now: datetime) -> Viewer | None:
    """Who is signed in, their second step included: this page is everybody's, and decides for itself."""
    found = find_session(request.cookies.get(session_cookie(), ""), now, vault())
    is_whole = found is not None and (found.second_step_at is not None or settings().demo)
    return found.viewer if found is not None and is_whole else None
