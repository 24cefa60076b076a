"""Which language a page speaks: the one that was chosen, else the person's own, else the one the browser prefers."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, Response, g, request
from flask_babel import Babel, refresh
from werkzeug.exceptions import HTTPException

from survey_app.views.guard import set_cookie

LANGUAGES = {"en": "English", "cy": "Cymraeg"}
"""The languages that pages can speak, each by its own name."""

_COOKIE = "language"
_HALF_A_YEAR_SECONDS = 180 * 24 * 3600


def init_app(app: Flask) -> None:
    """Give templates `gettext`, `language` and the other languages; keep a choice in a cookie that names nobody."""
    Babel(app, default_locale="en", locale_selector=current_language)
    app.context_processor(lambda: {"language": current_language(), "other_languages": other_languages()})
    app.before_request(_forget_the_page_before)
    app.after_request(_keep_choice)


def current_language() -> str:
    """The language of the page that is being made."""
    return g.get("language") or _chosen() or request.accept_languages.best_match(LANGUAGES) or "en"


def other_languages() -> dict[str, str]:
    """The languages that this page could speak as well."""
    available = g.get("languages", LANGUAGES)
    return {code: name for code, name in LANGUAGES.items() if code in available and code != current_language()}


def speak(own: str, available: Collection[str]) -> None:
    """Speak somebody's own language unless they chose another; of those that what they are asked is written in."""
    g.languages = available
    wanted = _chosen() or own
    g.language = wanted if wanted in available else "en"
    refresh()


def speak_only(language: str) -> None:
    """Speak this language whatever was chosen, as far as pages can: for previews."""
    g.language = language if language in LANGUAGES else "en"
    refresh()


def _forget_the_page_before() -> None:
    """Requests inside one application context, as in tests, share `g`."""
    for name in ("language", "languages", "only_reads", "packed"):
        g.pop(name, None)
    refresh()


def _chosen() -> str | None:
    """A choice made with this request, else carried by the form, else kept by the browser."""
    given = _given("speak"), _given("language"), request.cookies.get(_COOKIE)
    return next((code for code in given if code in LANGUAGES), None)


def _given(name: str) -> str:
    given = request.args.get(name)
    if given is not None or request.method != "POST":
        return given or ""
    try:
        return request.form.get(name, "")
    except HTTPException:  # a form that cannot be read has a page too
        return ""


def _keep_choice(response: Response) -> Response:
    choice = _given("speak")
    if choice in LANGUAGES:
        set_cookie(response, _COOKIE, choice, _HALF_A_YEAR_SECONDS)
    return response
