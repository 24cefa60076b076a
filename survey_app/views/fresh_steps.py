"""A second step taken just now, before what could do harm in a browser that was left open: asked for in its place.

A form that was posted too late comes back as a page that asks for a code and holds all that was filled in. Files can't
be held: forms with a file ask before they are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import Flask, after_this_request, g, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import vault
from survey_app.use_cases.second_steps import has_second_factor, is_locked, take_second_step
from survey_app.views.guard import current_session, current_viewer, needs_second_steps
from survey_app.views.second_step import LOCKED, WRONG, renew

FRESH_FOR = timedelta(minutes=5)
_TO_FILL_IN = timedelta(minutes=30)

ASKED_BY_FORM: Mapping[str, timedelta] = {
    "audit_log.export": FRESH_FOR,
    "exports.order": FRESH_FOR,
    "people.end": FRESH_FOR,
    "people.give": FRESH_FOR,
    "people.new_phone": FRESH_FOR,
    "programs.add_key": FRESH_FOR,
    "programs.add_webhook": FRESH_FOR,
    "provider.end_connection": FRESH_FOR,
    "pulses.raise_threshold": FRESH_FOR,
    "second_step.fresh_codes": FRESH_FOR,
    "senders.add_holder": FRESH_FOR,
    "senders.remove": FRESH_FOR,
    "senders.remove_holder": FRESH_FOR,
    "staff_requests.erase": FRESH_FOR,
    "staff_requests.held": FRESH_FOR,
    "waves.close": FRESH_FOR,
    "waves.withdraw": FRESH_FOR,
}
"""Forms, by their endpoints, and for how long a second step is fresh enough for them."""

ASKED_BY_PAGE: Mapping[str, timedelta] = {
    "rosters.ask": FRESH_FOR,
    "rosters.upload": _TO_FILL_IN,
    "senders.add": _TO_FILL_IN,
    "senders.ask": FRESH_FOR,
}
"""Forms with a file or a secret: the page that holds them asks, and then there is time to fill them in."""

CODE = "second_step_code"


def init_app(app: Flask) -> None:
    """Ask for a fresh second step wherever one is needed."""
    app.before_request(_require_fresh_step)


def _require_fresh_step() -> tuple[str, int] | None:
    lasts = {**ASKED_BY_FORM, **ASKED_BY_PAGE}.get(request.endpoint or "")
    if lasts is None or not needs_second_steps() or "viewer" not in g:
        return None
    now = datetime.now(UTC)
    taken_at = current_session().second_step_at
    if taken_at is not None and now - taken_at <= lasts:
        return None
    code = request.form.get(CODE, "")
    if code and take_second_step(current_viewer(), code, now, vault()):
        after_this_request(_renewed)
        return None
    problem = "" if not code else LOCKED if is_locked(current_viewer().account_id, now) else WRONG
    return _ask(problem), 403


def _renewed(response: Response) -> Response:
    renew(response, datetime.now(UTC))
    return response


def _ask(problem: str) -> str:
    held = [(name, value) for name, value in request.form.items(multi=True) if name != CODE]
    is_page = request.method == "GET"
    return render_template(
        "sign_in/fresh_step.html",
        action="/second-step" if is_page else request.full_path.rstrip("?"),
        field="code" if is_page else CODE,
        held=[("next", request.full_path.rstrip("?"))] if is_page else held,
        problem=problem,
        has_app=has_second_factor(current_viewer().account_id),
    )
