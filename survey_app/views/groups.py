"""Authorities and the groups inside them, for programme leads: add one, rename one, decide when messages leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboards.pages.what_happened import regrouping
from dashboards.snapshots import Level
from notifications.errors import UnusableWindow
from notifications.windows import WEEKDAYS, Nation, SendingWindow
from survey_app.stores.group_history import history_of
from survey_app.stores.sending_windows import version_of, window_of
from survey_app.use_cases.errors import ChangedMeanwhile, NameTaken, UnknownGroup
from survey_app.use_cases.groups import (
    LEVEL_INSIDE,
    GroupLine,
    add_named_group,
    find_group,
    groups_of_programme,
    rename_group,
)
from survey_app.use_cases.sending_terms import set_sending_window
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("groups", __name__, url_prefix="/manage/groups")
_LONGEST_NAME = 120


@pages.get("")
def index() -> str:
    """Every group of the programme, and a form for another authority."""
    return _page()


@pages.post("")
def add() -> Response | tuple[str, int]:
    """Add an authority."""
    viewer, name = current_viewer(), typed_name()
    if not name:
        return _page("name", "Enter the authority’s name, as pages and messages show it"), 400
    try:
        key = add_named_group(name, Level.AUTHORITY, viewer.programme, by=viewer.name, now=datetime.now(UTC))
    except NameTaken as error:
        return _page("name", str(error)), 400
    return redirect(f"/manage/groups/{key}", code=303)


@pages.get("/<key>")
def group(key: str) -> str:
    """One group: its name, and an authority's hours."""
    return show_group(key)


@pages.post("/<key>/name")
def rename(key: str) -> Response | tuple[str, int]:
    """Give a group another name."""
    _require_own(key)
    name = typed_name()
    if not name:
        return show_group(key, "name", "Enter a name"), 400
    try:
        rename_group(
            key, name, expected=request.form.get("before", ""), by=current_viewer().name, now=datetime.now(UTC)
        )
    except (NameTaken, ChangedMeanwhile) as error:
        return show_group(key, "name", str(error)), 409
    return redirect(f"/manage/groups/{key}", code=303)


@pages.post("/<key>/hours")
def hours(key: str) -> Response | tuple[str, int]:
    """Decide when an authority's messages leave."""
    _require_own(key)
    try:
        window = _window()
    except (ValueError, UnusableWindow) as error:
        return show_group(key, "hours", str(error)), 400
    expected = request.form.get("before") or None
    try:
        set_sending_window(key, window, by=current_viewer().name, now=datetime.now(UTC), expected=expected)
    except UnknownGroup:
        abort(404)
    except ChangedMeanwhile as error:
        return show_group(key, "hours", str(error)), 409
    return redirect(f"/manage/groups/{key}", code=303)


def find_line(key: str) -> GroupLine:
    """A group of the viewer's programme; else the page that is not there."""
    _require_own(key)
    return next(each for each in groups_of_programme(current_viewer().programme) if each.key == key)


def typed_name() -> str:
    """The name that a form brings, without stray blanks."""
    return " ".join(request.form.get("name", "").split())[:_LONGEST_NAME]


def show_group(key: str, field: str = "", problem: str = "") -> str:
    """A group's page, with what was typed and what is wrong with it."""
    line = find_line(key)
    lines = groups_of_programme(current_viewer().programme)
    window = window_of(find_group(key, Level.AUTHORITY).id) if line.level is Level.AUTHORITY else None
    areas = [each for each in lines if each.level is Level.SERVICE_AREA and each.ended_on is None]
    of_area = {each.key: each.parent_key for each in areas}
    return render_template(
        "manage/group.html",
        home_links=home_links(current_viewer()),
        group=line,
        inside=[each for each in lines if each.parent_key == key and each.ended_on is None],
        level_inside=LEVEL_INSIDE.get(line.level),
        areas=[each for each in areas if each.parent_key == of_area.get(line.parent_key)],
        history=[regrouping(each, key) for each in history_of(key)],
        window=window,
        window_version=version_of(window) if window else "",
        opening=_opening(window, datetime.now(UTC)) if window else None,
        nations=list(Nation),
        weekdays=WEEKDAYS,
        typed=request.form,
        field=field,
        problem=problem,
    )


def _opening(window: SendingWindow, now: datetime) -> datetime | None:
    """When messages leave next, in local time; None where that is now."""
    return None if window.is_open(now) else window.next_opening(now).astimezone(ZoneInfo(window.time_zone))


def _window() -> SendingWindow:
    form = request.form
    if form.get("time_zone") not in available_timezones():
        raise ValueError("Choose a time zone such as Europe/London")
    nation = form.get("nation", "")
    if nation and nation not in set(Nation):
        raise ValueError("Choose whose bank holidays are kept")
    try:
        opens, closes = time.fromisoformat(form.get("opens", "")), time.fromisoformat(form.get("closes", ""))
        closures = frozenset(date.fromisoformat(day) for day in form.get("closures", "").split())
    except ValueError as error:
        raise ValueError("Write hours as 08:30, and closed days as 2026-12-24, one a line") from error
    return SendingWindow(
        time_zone=form["time_zone"],
        nation=Nation(nation) if nation else None,
        opens=opens,
        closes=closes,
        days=frozenset(WEEKDAYS.index(day) for day in form.getlist("day") if day in WEEKDAYS),
        closures=closures,
    )


def _require_own(key: str) -> None:
    if key not in current_viewer().inside:
        abort(404)


def _page(field: str = "", problem: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "manage/groups.html",
        home_links=home_links(viewer),
        groups=groups_of_programme(viewer.programme),
        typed=request.form,
        field=field,
        problem=problem,
    )
