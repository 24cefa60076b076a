"""Groups that a programme lead adds, moves, merges, divides and ends."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboards.snapshots import Level
from survey_app.use_cases.errors import ChangedMeanwhile, NameTaken, UnknownGroup, UnusableReorganisation
from survey_app.use_cases.groups import LEVEL_INSIDE, add_named_group
from survey_app.use_cases.reorganising import (
    MOST_PARTS,
    NewTeam,
    end_group,
    merge_groups,
    move_team,
    split_team,
    staff_refs_of,
)
from survey_app.views.groups import find_line, show_group, typed_name
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("reorganising", __name__, url_prefix="/manage/groups")

_GONE = "One of them is no more: somebody has merged, divided or ended it meanwhile. Look again."


@pages.post("/<key>/inside")
def add(key: str) -> Response | tuple[str, int]:
    """Add a service area to an authority, or a team to a service area."""
    line = find_line(key)
    level = LEVEL_INSIDE.get(line.level)
    if level is None or line.ended_on is not None:
        abort(404)
    name = typed_name()
    if not name:
        return show_group(key, "inside", "Enter a name"), 400
    try:
        new = add_named_group(name, level, key, by=current_viewer().name, now=datetime.now(UTC))
    except NameTaken as error:
        return show_group(key, "inside", str(error)), 409
    return redirect(f"/manage/groups/{new}", code=303)


@pages.post("/<key>/move")
def move(key: str) -> Response | tuple[str, int]:
    """Put a team into another service area."""
    find_line(key)
    area, expected = request.form.get("area", ""), request.form.get("before", "")
    try:
        move_team(key, area, expected=expected, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownGroup:
        return show_group(key, "move", "Choose a service area of its authority"), 400
    except (ChangedMeanwhile, NameTaken) as error:
        return show_group(key, "move", str(error)), 409
    return redirect(f"/manage/groups/{key}", code=303)


@pages.post("/<key>/merge")
def merge(key: str) -> Response | tuple[str, int]:
    """Make one of several groups inside this one."""
    line = find_line(key)
    level = LEVEL_INSIDE.get(line.level)
    if level is None:
        abort(404)
    name, wanted = typed_name(), request.form.getlist("merged")
    if not name:
        return show_group(key, "merged", "Enter the name of what comes out of it"), 400
    if any(find_line(each).parent_key != key for each in wanted):
        abort(404)
    try:
        new = merge_groups(wanted, name, level, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownGroup:
        return show_group(key, "merged", _GONE), 409
    except (UnusableReorganisation, NameTaken) as error:
        return show_group(key, "merged", str(error)), 400
    return redirect(f"/manage/groups/{new}", code=303)


@pages.get("/<key>/split")
def ask_split(key: str) -> str:
    """A form for the teams that come out of one."""
    return _split_page(key)


@pages.post("/<key>/split")
def split(key: str) -> Response | tuple[str, int]:
    """Make several teams of one."""
    line, form = find_line(key), request.form
    parts = [part for part in map(_part, form.getlist("name"), form.getlist("staff_refs")) if part != _part("", "")]
    if not all(part.name for part in parts):
        return _split_page(key, "Enter a name for each new team"), 400
    try:
        split_team(key, parts, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownGroup:
        return _split_page(key, _GONE), 409
    except (UnusableReorganisation, NameTaken) as error:
        return _split_page(key, str(error)), 400
    return redirect(f"/manage/groups/{line.parent_key}", code=303)


@pages.post("/<key>/end")
def end(key: str) -> Response | tuple[str, int]:
    """Let an empty group be part of no further wave."""
    line = find_line(key)
    if line.level not in LEVEL_INSIDE.values():
        abort(404)
    try:
        end_group(key, line.level, by=current_viewer().name, now=datetime.now(UTC))
    except UnusableReorganisation as error:
        return show_group(key, "end", str(error)), 409
    return redirect(f"/manage/groups/{line.parent_key}", code=303)


def _part(name: str, staff_refs: str) -> NewTeam:
    """One of the teams that a form brings, its staff references one a line."""
    return NewTeam(" ".join(name.split()), tuple(filter(None, map(str.strip, staff_refs.splitlines()))))


def _split_page(key: str, problem: str = "") -> str:
    line = find_line(key)
    if line.level is not Level.TEAM or (line.ended_on is not None and not problem):
        abort(404)
    return render_template(
        "manage/split.html",
        home_links=home_links(current_viewer()),
        group=line,
        staff_refs=staff_refs_of(key, datetime.now(UTC).date()),
        most_parts=MOST_PARTS,
        typed=request.form,
        problem=problem,
    )
