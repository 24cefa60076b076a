"""Requests from staff, for programme leads: what is held on somebody, and to be forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from survey_app.extensions import vault
from survey_app.use_cases.erasure import erase_participant
from survey_app.use_cases.errors import UnknownGroup, UnknownParticipant
from survey_app.use_cases.roster_uploads import authorities_of
from survey_app.use_cases.subject_access import held_on
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("staff_requests", __name__, url_prefix="/manage/requests")


@pages.get("")
def index() -> str:
    """A form for what is held, and one for forgetting."""
    return _page()


@pages.post("/held")
def held() -> AnyResponse | tuple[str, int]:
    """What is held on somebody, as a file for them."""
    try:
        authority, staff_ref = _whom()
        found = held_on(authority, staff_ref, by=current_viewer().name, now=datetime.now(UTC), vault=vault())
    except (UnknownGroup, UnknownParticipant) as error:
        return _page("held", str(error)), 404
    response = Response(json.dumps(found, indent=2, ensure_ascii=False), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="what-is-held.json"'
    return response


@pages.post("/erase")
def erase() -> AnyResponse | tuple[str, int]:
    """Forget somebody."""
    if request.form.get("meant") != "yes":
        return _page("erase", "Tick the box: it cannot be undone"), 400
    try:
        authority, staff_ref = _whom()
        erase_participant(authority, staff_ref, by=current_viewer().name, now=datetime.now(UTC), vault=vault())
    except (UnknownGroup, UnknownParticipant) as error:
        return _page("erase", str(error)), 404
    return redirect("/manage/requests?erased=yes", code=303)


def _whom() -> tuple[str, str]:
    """The authority and the staff reference that a form names; authorities of other programmes are none."""
    authority, staff_ref = request.form.get("authority", ""), request.form.get("staff_ref", "").strip()
    if authority not in current_viewer().inside:
        raise UnknownGroup(authority, "authority")
    return authority, staff_ref


def _page(field: str = "", problem: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "manage/requests.html",
        home_links=home_links(viewer),
        authorities=authorities_of(viewer.programme, datetime.now(UTC).date()),
        is_erased="erased" in request.args,
        typed=request.form,
        field=field,
        problem=problem,
    )
