"""Programs of others, for programme leads: the keys by which they ask, and the addresses that are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from notifications.webhooks import UnusableAddress
from survey_app.extensions import settings, vault
from survey_app.use_cases.api_keys import LONGEST_LIFE, list_api_keys, make_api_key, revoke_api_key
from survey_app.use_cases.errors import KeyTaken
from survey_app.use_cases.groups import groups_of_programme
from survey_app.use_cases.program_errors import UnknownWebhook, WebhookTaken
from survey_app.use_cases.webhooks import end_webhook, list_webhooks, make_webhook
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("programs", __name__, url_prefix="/manage/programs")
_LONGEST_NAME = 60
_DAYS = (30, 90, 365, LONGEST_LIFE.days)


@pages.get("")
def index() -> str:
    """Every key and every address, and a form for each."""
    return _page()


@pages.post("/keys")
def add_key() -> str | tuple[str, int]:
    """Make a key, and show it this once."""
    viewer, form = current_viewer(), request.form
    name = " ".join(form.get("name", "").split())[:_LONGEST_NAME]
    if not name:
        return _page("name", "Enter a name by which you will know it again"), 400
    if form.get("group") not in viewer.inside:
        return _page("group", "Choose a group"), 400
    if form.get("days") not in set(map(str, _DAYS)):
        return _page("days", "Choose how long it is good"), 400
    try:
        secret = make_api_key(
            name,
            form["group"],
            lasts=timedelta(days=int(form["days"])),
            by=viewer.name,
            now=datetime.now(UTC),
            vault=vault(),
            may_write=form.get("may_write") == "yes",
        )
    except KeyTaken:
        return _page("name", "Another key has this name; choose another"), 409
    return _page(secret=secret, secret_of=f"The key {name}")


@pages.post("/keys/<name>/revoke")
def revoke_key(name: str) -> Response:
    """End a key at once."""
    viewer = current_viewer()
    if name not in {line.name for line in list_api_keys(datetime.now(UTC), programme=viewer.programme)}:
        abort(404)
    revoke_api_key(name, by=viewer.name, now=datetime.now(UTC))
    return redirect("/manage/programs", code=303)


@pages.post("/webhooks")
def add_webhook() -> str | tuple[str, int]:
    """Call an address from now on, and show the secret this once."""
    viewer, address = current_viewer(), request.form.get("address", "").strip()
    try:
        secret = make_webhook(
            viewer.programme,
            address,
            by=viewer.name,
            now=datetime.now(UTC),
            vault=vault(),
            allow_loopback=settings().demo,
        )
    except UnusableAddress as error:
        return _page("address", str(error)), 400
    except WebhookTaken as error:
        return _page("address", str(error)), 409
    return _page(secret=secret, secret_of=f"The secret that signs calls to {address}")


@pages.post("/webhooks/<int:webhook>/end")
def end_calls(webhook: int) -> Response:
    """Call an address no more."""
    viewer = current_viewer()
    try:
        end_webhook(viewer.programme, webhook, by=viewer.name, now=datetime.now(UTC))
    except UnknownWebhook:
        abort(404)
    return redirect("/manage/programs", code=303)


def _page(field: str = "", problem: str = "", *, secret: str = "", secret_of: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "manage/programs.html",
        home_links=home_links(viewer),
        keys=list_api_keys(datetime.now(UTC), programme=viewer.programme),
        webhooks=list_webhooks(viewer.programme),
        groups=groups_of_programme(viewer.programme),
        days=_DAYS,
        secret=secret,
        secret_of=secret_of,
        typed={} if secret else request.form,
        field=field,
        problem=problem,
    )
