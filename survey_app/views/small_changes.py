"""Small changes of a team, for its leads: write one down, review it, pass on what is beyond the team's gift."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboards.pages.addresses import group_path
from dashboards.pages.review import build_review
from dashboards.snapshots import Level, Measure
from survey_app.models.groups import Group
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.blueprints import pass_up
from survey_app.use_cases.errors import ChangedMeanwhile, UnknownGroup, UnknownSmallChange, UnusableSmallChange
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.small_changes import (
    ChangeRecord,
    Decision,
    add_small_change,
    change_small_change,
    changes_of,
    find_small_change,
    ideas_of,
    settle_idea,
    themes_of,
)
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("small_changes", __name__, url_prefix="/changes")
_TEXTS = ("title", "aims", "opposite", "mission", "helps", "how_it_went", "theme")


@pages.get("/<key>")
def index(key: str) -> str:
    """What a team tries, ideas that wait, and a form for another."""
    return _page(key)


@pages.post("/<key>")
def add(key: str) -> Response | tuple[str, int]:
    """Write a small change down."""
    _own_team(key)
    try:
        added = add_small_change(key, _record(), by=current_viewer().name, now=datetime.now(UTC))
    except UnusableSmallChange as error:
        return _page(key, error.field, str(error)), 400
    return redirect(f"/changes/{key}/{added}", code=303)


@pages.post("/<key>/ideas/<uuid:idea>")
def settle(key: str, idea: UUID) -> Response:
    """Take an idea off the list: to try it, or not."""
    _own_team(key)
    try:
        words = settle_idea(key, idea, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownSmallChange:
        abort(404)
    if request.form.get("do") == "try":
        return _page_with(key, words)
    return redirect(f"/changes/{key}", code=303)


@pages.get("/<key>/<int:change>")
def show(key: str, change: int) -> str:
    """One small change, how its measure reads since, and a form to review it."""
    return _change_page(key, change)


@pages.post("/<key>/<int:change>")
def save(key: str, change: int) -> Response | tuple[str, int]:
    """Save a small change as it is now."""
    _own_team(key)
    form = request.form
    version = form.get("version", "")
    try:
        change_small_change(
            key,
            change,
            _record(),
            expected=int(version) if version.isdigit() else 0,
            by=current_viewer().name,
            now=datetime.now(UTC),
        )
    except UnknownSmallChange:
        abort(404)
    except UnusableSmallChange as error:
        return _change_page(key, change, error.field, str(error)), 400
    except ChangedMeanwhile as error:
        return _change_page(key, change, "title", str(error)), 409
    return redirect(f"/changes/{key}/{change}", code=303)


@pages.post("/<key>/<int:change>/beyond")
def beyond(key: str, change: int) -> Response | tuple[str, int]:
    """Pass up what is beyond the team's gift."""
    _own_team(key)
    words = " ".join(request.form.get("beyond", "").split())
    try:
        find_small_change(key, change)
        pass_up(key, words, change_id=change, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownSmallChange:
        abort(404)
    except UnusableSmallChange as error:
        return _change_page(key, change, error.field, str(error)), 400
    return redirect(f"/changes/{key}/{change}", code=303)


def _record() -> ChangeRecord:
    form = request.form
    texts = {name: " ".join(form.get(name, "").split()) for name in _TEXTS}
    decision = form.get("decision", "")
    return ChangeRecord(
        **texts,
        started_on=_day("started_on", needed=True) or date.min,
        measure=form.get("measure") or None,
        review_on=_day("review_on"),
        decision=Decision(decision) if decision in set(Decision) else None,
    )


def _day(name: str, *, needed: bool = False) -> date | None:
    text = request.form.get(name, "")
    if not text and not needed:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnusableSmallChange(name, "Write a day as 2026-12-01") from error


def _own_team(key: str) -> Group:
    """A team that is the viewer's own or inside an own group."""
    if key not in current_viewer().inside:
        abort(404)
    try:
        return find_group(key, Level.TEAM)
    except UnknownGroup:
        abort(404)


def _measures(key: str) -> tuple[Measure, ...]:
    waves = DatabaseResults(current_viewer().programme).waves(key)
    return waves[-1].measures if waves else ()


def _page_with(key: str, words: str) -> Response:
    return Response(_page(key, idea=words), mimetype="text/html")


def _page(key: str, field: str = "", problem: str = "", *, idea: str = "") -> str:
    team = _own_team(key)
    return render_template(
        "changes/index.html",
        home_links=home_links(current_viewer()),
        team=team,
        path=group_path(key, Level.TEAM),
        changes=changes_of(key),
        ideas=ideas_of(key),
        measures=_measures(key),
        decisions=list(Decision),
        themes=themes_of(current_viewer().programme),
        typed={"title": idea} if idea else request.form,
        field=field,
        problem=problem,
    )


def _change_page(key: str, change_id: int, field: str = "", problem: str = "") -> str:
    team = _own_team(key)
    try:
        change = find_small_change(key, change_id)
    except UnknownSmallChange:
        abort(404)
    results = DatabaseResults(current_viewer().programme)
    return render_template(
        "changes/change.html",
        home_links=home_links(current_viewer()),
        team=team,
        change=change,
        review=build_review(results, key, change.measure, change.started_on),
        measures=_measures(key),
        decisions=list(Decision),
        themes=themes_of(current_viewer().programme),
        typed=request.form if field and field != "beyond" else change,
        beyond=request.form.get("beyond", "") if field == "beyond" else "",
        field=field,
        problem=problem,
    )
