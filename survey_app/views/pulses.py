"""Pulses and their calendar, for programme leads: add one, preview every send, plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboards.pages.addresses import slug
from dashboards.snapshots import Level
from instruments.changes import ChangeLevel
from survey_app.extensions import vault
from survey_app.use_cases.auditing import note_now
from survey_app.use_cases.errors import (
    ChangedMeanwhile,
    LineWouldBreak,
    OnlyRaised,
    TooManyReminders,
    UnusablePlan,
    UseCaseError,
)
from survey_app.use_cases.groups import groups_of_programme
from survey_app.use_cases.instrument_library import list_references
from survey_app.use_cases.launch_warnings import warnings
from survey_app.use_cases.manners import Manners, raise_group_size, set_manners
from survey_app.use_cases.planning import Plan, PreviewedWave, plan_waves, preview
from survey_app.use_cases.pulses import USUAL_INSTRUMENT, add_pulse, change_version, find_pulse, list_pulses, list_waves
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("pulses", __name__, url_prefix="/manage/pulses")
_LONGEST_NAME = 80
_LATEST_REMINDER = 60
_LARGEST_SIZE = 100


@pages.get("")
def index() -> str:
    """Every pulse of the programme, and a form for another."""
    return _page()


@pages.post("")
def add() -> Response | tuple[str, int]:
    """Add a pulse."""
    viewer, form = current_viewer(), request.form
    name, run_by = (" ".join(form.get(field, "").split())[:_LONGEST_NAME] for field in ("name", "run_by"))
    now = datetime.now(UTC)
    authorities = [key for key in form.getlist("authority") if key in viewer.inside]
    if not name:
        return _page("name", "Enter a name, such as Monthly pulse"), 400
    if not run_by:
        return _page("run_by", "Enter who runs it, as messages say it"), 400
    if form.get("instrument") not in list_references():
        return _page("instrument", "Choose what it asks"), 400
    try:
        add_pulse(
            slug(name),
            name,
            run_by=run_by,
            programme_key=viewer.programme,
            instrument=form["instrument"],
            authorities=authorities,
            now=now,
        )
    except UseCaseError as error:
        return _page("name" if "key" in str(error) else "instrument", str(error)), 400
    note_now(viewer.name, "add pulse", slug(name), now)
    return redirect(f"/manage/pulses/{slug(name)}", code=303)


@pages.get("/<key>")
def pulse(key: str) -> str:
    """A pulse: how it goes about it, its waves, and a form for a calendar."""
    return _pulse_page(key)


@pages.post("/<key>/manners")
def manners(key: str) -> Response | tuple[str, int]:
    """Decide when a pulse reminds, whether it asks for a comment, and whether it tells people what came of it."""
    _require_own(key)
    by, now, form = current_viewer().name, datetime.now(UTC), request.form
    days = form.get("reminders", "").replace(",", " ").split()
    if not all(day.isdigit() and 2 <= int(day) <= _LATEST_REMINDER for day in days):
        return _pulse_page(
            key, "reminders", "Write days after opening as numbers, such as 3 7; none for no reminder"
        ), 400
    wanted = Manners(
        reminder_days=tuple(sorted(int(day) for day in days)),
        asks_comment=form.get("comments") == "yes",
        sends_digests=form.get("digests") == "yes",
    )
    try:
        set_manners(key, wanted, expected=form.get("before") or None, by=by, now=now)
    except TooManyReminders as error:
        return _pulse_page(key, "reminders", str(error)), 400
    except ChangedMeanwhile as error:
        return _pulse_page(key, "reminders", str(error)), 409
    return redirect(f"/manage/pulses/{key}", code=303)


@pages.post("/<key>/threshold")
def raise_threshold(key: str) -> Response | tuple[str, int]:
    """Show nothing of fewer people than so many, from the next wave on."""
    _require_own(key)
    size = request.form.get("size", "").strip()
    if not size.isdigit() or not len(size) < 4 or int(size) > _LARGEST_SIZE:
        return _pulse_page(key, "size", f"Write a number up to {_LARGEST_SIZE}"), 400
    try:
        raise_group_size(key, int(size), by=current_viewer().name, now=datetime.now(UTC))
    except OnlyRaised as error:
        return _pulse_page(key, "size", str(error)), 400
    return redirect(f"/manage/pulses/{key}", code=303)


@pages.post("/<key>/version")
def ask_another(key: str) -> Response | tuple[str, int]:
    """Ask another version from the next wave on; breaking the line has to be meant."""
    _require_own(key)
    wanted = request.form.get("instrument", "")
    if wanted not in list_references():
        return _pulse_page(key, "version", "Choose what it asks"), 400
    up_to = ChangeLevel.MAJOR if request.form.get("breaks") == "yes" else ChangeLevel.MINOR
    try:
        change_version(key, wanted, by=current_viewer().name, now=datetime.now(UTC), up_to=up_to)
    except LineWouldBreak as error:
        return _pulse_page(key, "version", str(error)), 409
    except UseCaseError as error:
        return _pulse_page(key, "version", str(error)), 400
    return redirect(f"/manage/pulses/{key}", code=303)


@pages.get("/<key>/calendar")
def look_ahead(key: str) -> str | tuple[str, int]:
    """What a calendar would be: nothing is planned by looking."""
    _require_own(key)
    now = datetime.now(UTC)
    try:
        previewed = preview(key, _plan(), now)
    except UnusablePlan as error:
        return _pulse_page(key, error.field, str(error)), 400
    except UseCaseError as error:
        return _pulse_page(key, "first_day", str(error)), 400
    return _preview_page(key, previewed, now)


@pages.post("/<key>/calendar")
def plan(key: str) -> Response | tuple[str, int]:
    """Plan the waves that were previewed."""
    _require_own(key)
    try:
        plan_waves(key, _plan(), by=current_viewer().name, now=datetime.now(UTC))
    except UnusablePlan as error:
        return _pulse_page(key, error.field, str(error)), 409
    except UseCaseError as error:
        return _pulse_page(key, "first_day", str(error)), 409
    return redirect("/manage/waves", code=303)


def _plan() -> Plan:
    asked = request.values
    try:
        first_day = date.fromisoformat(asked.get("first_day", ""))
    except ValueError as error:
        raise UnusablePlan("first_day", "Write the first day as 2027-01-11") from error
    try:
        opens = time.fromisoformat(asked.get("opens", ""))
    except ValueError as error:
        raise UnusablePlan("opens", "Write the hour as 09:00") from error
    numbers = {}
    for name in ("open_days", "waves", "every"):
        text = asked.get(name, "")
        if not (text.isdigit() or (name == "every" and text == "month")) or len(text) > 5:
            raise UnusablePlan(name, "Write a whole number")
        numbers[name] = None if text == "month" else int(text)
    return Plan(first_day, opens, numbers["open_days"] or 0, numbers["every"], numbers["waves"] or 0)


def _require_own(key: str) -> None:
    if key not in {each.key for each in list_pulses(current_viewer().programme)}:
        abort(404)


def _page(field: str = "", problem: str = "") -> str:
    viewer = current_viewer()
    groups = groups_of_programme(viewer.programme)
    return render_template(
        "manage/pulses.html",
        home_links=home_links(viewer),
        pulses=list_pulses(viewer.programme),
        authorities=[group for group in groups if group.level is Level.AUTHORITY],
        instruments=list_references(),
        usual_instrument=USUAL_INSTRUMENT,
        typed=request.form,
        field=field,
        problem=problem,
    )


def _pulse_page(key: str, field: str = "", problem: str = "") -> str:
    _require_own(key)
    return render_template(
        "manage/pulse.html",
        home_links=home_links(current_viewer()),
        pulse=find_pulse(key),
        manners_version=Manners.of(find_pulse(key)).version,
        waves=list_waves(key),
        instruments=list_references(),
        largest_size=_LARGEST_SIZE,
        typed=request.values,
        field=field,
        problem=problem,
    )


def _preview_page(key: str, previewed: list[PreviewedWave], now: datetime) -> str:
    return render_template(
        "manage/calendar.html",
        home_links=home_links(current_viewer()),
        pulse=find_pulse(key),
        waves=previewed,
        warnings=warnings(key, previewed[-1].closes_at.date(), now, vault()),
        typed=request.args,
    )
