"""Let a usual range begin anew, for programme leads."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.pages.addresses import measure_path
from dashboards.snapshots import Measure, ReportingGroup
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.errors import NoNewRange
from survey_app.use_cases.ranges import LONGEST_REASON, begin_new_range, waves_for_new_range
from survey_app.use_cases.reading import is_inside
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("ranges", __name__, url_prefix="/manage/ranges")


@pages.get("/<key>/<measure>")
def ask(key: str, measure: str) -> str:
    """At which pulses a range may begin anew, and a form with the reason."""
    return _form(*_found(key, measure))


@pages.post("/<key>/<measure>")
def begin(key: str, measure: str) -> AnyResponse | tuple[str, int]:
    """Begin it anew; its pictures are drawn within a minute."""
    group, found = _found(key, measure)
    viewer = current_viewer()
    wave, reason = request.form.get("wave", ""), request.form.get("reason", "")
    try:
        begin_new_range(viewer.programme, key, measure, wave, reason=reason, by=viewer.name, now=datetime.now(UTC))
    except NoNewRange as error:
        return _form(group, found, str(error)), 400
    return redirect(measure_path(key, group.level, measure), 303)


def _form(group: ReportingGroup, measure: Measure, problem: str = "") -> str:
    return render_template(
        "manage/new_range.html",
        group=group,
        measure=measure,
        path=measure_path(group.key, group.level, measure.id),
        waves=waves_for_new_range(DatabaseResults(current_viewer().programme), group.key, measure.id),
        longest=LONGEST_REASON,
        chosen=request.form.get("wave", ""),
        reason=request.form.get("reason", ""),
        problem=problem,
        home_links=home_links(current_viewer()),
    )


def _found(key: str, measure_id: str) -> tuple[ReportingGroup, Measure]:
    viewer = current_viewer()
    results = DatabaseResults(viewer.programme)
    group = results.group(key)
    if group is None or not is_inside(viewer, group):
        abort(404)
    waves = results.waves(key)
    measure = next((each for each in (waves[-1].measures if waves else ()) if each.id == measure_id), None)
    if measure is None:
        abort(404)
    return group, measure
