"""Who has which role, for programme leads: give one, end one."""

from __future__ import annotations

from datetime import UTC, datetime

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import vault
from survey_app.models.accounts import Role
from survey_app.use_cases.errors import LastProgrammeLead, NotByOneself, RoleDoesNotFit, UnknownGroup, UnknownRole
from survey_app.use_cases.groups import groups_of_programme
from survey_app.use_cases.people import LEVELS, add_account, end_role, people_of
from survey_app.use_cases.phone_resets import accounts_with_apps, reset_second_step, resets_asked_for
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("people", __name__, url_prefix="/manage/people")
_LONGEST_NAME = 120


@pages.get("")
def index() -> str:
    """Everybody with a role, and a form to give one."""
    return _page()


@pages.post("")
def give() -> Response | tuple[str, int]:
    """Give somebody a role."""
    viewer = current_viewer()
    name = " ".join(request.form.get("name", "").split())[:_LONGEST_NAME]
    group, role = request.form.get("group", ""), request.form.get("role", "")
    try:
        email = validate_email(request.form.get("email", ""), check_deliverability=False).normalized
    except EmailNotValidError:
        return _page("email", "Enter a work email address, such as name@example.gov.uk"), 400
    if not name:
        return _page("name", "Enter the person’s name, as pages and the log show it"), 400
    if role not in set(Role):
        return _page("role", "Choose a role"), 400
    if group not in viewer.inside:
        return _page("group", "Choose a group"), 400
    try:
        add_account(name, email, Role(role), group, vault(), by=viewer.name, now=datetime.now(UTC))
    except (RoleDoesNotFit, UnknownGroup) as error:
        return _page("group", str(error)), 400
    return redirect("/manage/people", code=303)


@pages.post("/<int:grant>/end")
def end(grant: int) -> Response | tuple[str, int]:
    """End a role."""
    viewer = current_viewer()
    try:
        end_role(grant, viewer.programme, by=viewer.name, now=datetime.now(UTC))
    except UnknownRole:
        abort(404)
    except LastProgrammeLead as error:
        return _page("list", str(error)), 409
    return redirect("/manage/people", code=303)


@pages.post("/accounts/<int:account>/new-phone")
def new_phone(account: int) -> Response | tuple[str, int]:
    """Ask for somebody's second step to be forgotten, or, as the second who does, forget it."""
    try:
        done = reset_second_step(account, current_viewer(), datetime.now(UTC))
    except UnknownRole:
        abort(404)
    except NotByOneself as error:
        return _page("list", str(error)), 409
    return redirect(f"/manage/people?{'forgotten' if done else 'asked'}=yes", code=303)


def _page(field: str = "", problem: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "manage/people.html",
        home_links=home_links(viewer),
        people=people_of(viewer.programme, vault()),
        former=people_of(viewer.programme, vault(), ended=True),
        groups=groups_of_programme(viewer.programme),
        own_account=viewer.account_id,
        with_apps=accounts_with_apps(),
        resets=resets_asked_for(datetime.now(UTC)),
        is_asked="asked" in request.args,
        is_forgotten="forgotten" in request.args,
        roles=LEVELS,
        typed=request.form,
        field=field,
        problem=problem,
    )
