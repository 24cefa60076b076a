"""What holds for every page: who may come in, where a form may come from, and the headers of each answer."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from survey_app.extensions import settings, vault
from survey_app.use_cases.access import Viewer, leads_programme
from survey_app.use_cases.signing_in import SignedIn, find_session
from survey_app.views.navigation import room_links
from survey_app.views.policy import POLICY, Who

FORMS_WITHOUT_ORIGIN = frozenset(
    {
        "hooks.notify_status",
        "hooks.twilio_inbound",
        "hooks.twilio_status",
        "opting_out.opt_out",
        "respond.answer",
        "shared.suggest",
    }
)
"""Forms that a signature, or the secret in their address, authorises: mail programs send odd origins."""

_SECRET_IN_ADDRESS = frozenset({"opting_out", "respond", "shared"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SCRIPT_POLICY = (
    CONTENT_SECURITY_POLICY + "; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Two pages have a script, of our own, and work without it: the pulse and the explorer."""

_HAVE_SCRIPTS = {"respond", "explorer"}


def init_app(app: Flask) -> None:
    """Guard an application."""
    app.before_request(_refuse_foreign_forms)
    app.before_request(_require_sign_in)
    app.after_request(_harden)
    app.context_processor(_for_every_page)


def _for_every_page() -> dict[str, object]:
    """What any template may use."""
    viewer = g.get("viewer")
    return {
        "viewer": viewer,
        "demo": settings().demo,
        "contact": settings().contact_email,
        "room_links": room_links(viewer, request.path),
    }


def session_cookie() -> str:
    """The session cookie's name: with the browser's own guarantees wherever there is TLS."""
    return "__Host-session" if _has_tls() else "session"


def browser_cookie() -> str:
    """The name of the cookie that ties a sign-in link to the browser that asked for it."""
    return "__Host-prelogin" if _has_tls() else "prelogin"


def set_cookie(response: AnyResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script can read and no other site can send."""
    response.set_cookie(name, value, max_age=seconds, secure=_has_tls(), httponly=True, samesite="Lax", path="/")


def current_viewer() -> Viewer:
    """Return who is signed in; only pages behind the guard may ask."""
    viewer: Viewer = g.viewer
    return viewer


def current_session() -> SignedIn:
    """Return the session of who is signed in; only pages behind the guard may ask."""
    session: SignedIn = g.signed_in
    return session


def needs_second_steps() -> bool:
    """Whether everybody takes a second step: everywhere but in a demo, whose people have no phones."""
    return not settings().demo


def _has_tls() -> bool:
    return settings().public_base_url.startswith("https:")


def _refuse_foreign_forms() -> None:
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint in FORMS_WITHOUT_ORIGIN:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc not in {
        request.host,
        urlsplit(settings().public_base_url).netloc,
    }:
        abort(403)


def _require_sign_in() -> AnyResponse | None:
    g.pop("viewer", None)  # requests inside one application context, as in tests, share `g`
    if request.endpoint is None:
        return None
    who = POLICY.get(request.endpoint)
    if who is Who.EVERYBODY:
        return None
    reference = request.cookies.get(session_cookie(), "")
    found = find_session(reference, datetime.now(UTC), vault()) if reference else None
    if found is None:
        return redirect("/sign-in")
    if needs_second_steps() and not found.second_step_at and who is not Who.SIGNING_IN:
        return redirect("/second-step")
    if not _is(who, found.viewer):
        abort(404)
    g.signed_in = found
    g.viewer = found.viewer
    return None


def _is(who: Who | None, viewer: Viewer) -> bool:
    """Whether somebody is what a page asks for; a page that was not placed is nobody's."""
    if who is Who.PROGRAMME_LEAD:
        return leads_programme(viewer)
    if who is Who.GOVERNANCE:
        return viewer.reads_governance
    return who is not None


def _harden(response: Response) -> Response:
    headers = response.headers
    policy = SCRIPT_POLICY if request.blueprint in _HAVE_SCRIPTS else CONTENT_SECURITY_POLICY
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("Cache-Control", "no-store")
    headers["Referrer-Policy"] = "no-referrer" if request.blueprint in _SECRET_IN_ADDRESS else "same-origin"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Robots-Tag"] = "noindex"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if _has_tls():
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
