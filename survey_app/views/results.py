"""What leads see: published figures, and only of groups that their roles cover."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboards.pages.addresses import Link, group_path
from dashboards.pages.comparison import build_comparison_page
from dashboards.pages.group import build_group_page
from dashboards.pages.measure import build_measure_page
from dashboards.pages.what_happened import regrouping
from dashboards.snapshots import Level, PublishedWave, ReportingGroup, ShownCell
from survey_app.extensions import vault
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.access import leads_programme
from survey_app.use_cases.ahead import ahead_of
from survey_app.use_cases.moderation import newest_comments
from survey_app.use_cases.reading import is_inside, may_read
from survey_app.use_cases.receipts import partition_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("results", __name__)


@pages.get("/")
def home() -> AnyResponse | str:
    """The first screen of the viewer's largest role."""
    found = current_viewer().home
    if found is None and current_viewer().reads_governance:
        return redirect("/manage/log")
    if found is None:
        return render_template("empty.html", home_links=(), ahead=None)
    return redirect(group_path(*found))


@pages.get("/programme")
def programme() -> str:
    """The authorities of the viewer's programme, side by side."""
    found = next((key for _, key, level in current_viewer().roles if level is Level.PROGRAMME), None)
    if found is None:
        abort(404)
    results = DatabaseResults(current_viewer().programme)
    group = results.group(found)
    together = request.args.get("axis") == "months"
    page = build_comparison_page(results, group, begins_together=together) if group else None
    return _render("comparison.html", page=page, ahead=ahead_of(found))


@pages.get("/teams/<key>", defaults={"level": Level.TEAM})
@pages.get("/service-areas/<key>", defaults={"level": Level.SERVICE_AREA})
@pages.get("/authorities/<key>", defaults={"level": Level.AUTHORITY})
def group(key: str, level: Level) -> str:
    """A group's first screen."""
    results = DatabaseResults(current_viewer().programme)
    found = _readable_group(results, key, level)
    ahead = ahead_of(key)
    if found is None:
        history = [regrouping(change, key) for change in results.history(key)]
        return _render("empty.html", page=None, ahead=ahead, history=history)
    parent = results.group(found.parent) if found.parent else None
    may_see_parent = parent is not None and may_read(results, current_viewer(), parent)
    children = [
        Link(child.name, group_path(child.key, child.level))
        for child in results.children(found.key)
        if may_read(results, current_viewer(), child)
    ]
    page = build_group_page(results, found)
    comments = _comments(results, found) if page else None
    return _render(
        "group.html",
        page=page,
        may_see_parent=may_see_parent,
        look_instead=[link for link in page.look_instead if _may_follow(results, link)] if page else [],
        children=children,
        comments=comments,
        ahead=ahead,
        is_own=is_inside(current_viewer(), found),
    )


@pages.get("/teams/<key>/<measure>", defaults={"level": Level.TEAM})
@pages.get("/service-areas/<key>/<measure>", defaults={"level": Level.SERVICE_AREA})
@pages.get("/authorities/<key>/<measure>", defaults={"level": Level.AUTHORITY})
def measure(key: str, measure: str, level: Level) -> str:
    """A group's trend on one measure."""
    results = DatabaseResults(current_viewer().programme)
    found = _readable_group(results, key, level)
    inside = [child for child in results.children(key) if may_read(results, current_viewer(), child)]
    page = build_measure_page(results, found, measure, inside) if found else None
    if page is None:
        abort(404)
    may_begin_anew = leads_programme(current_viewer())
    return _render("measure.html", page=page, may_begin_anew=may_begin_anew)


@pages.get("/receipts/<wave>/partition")
def partition(wave: str) -> str:
    """Who was counted together in a wave, for who leads its programme or reads its governance."""
    if current_viewer().programme not in current_viewer().governed:
        abort(404)
    results = DatabaseResults(current_viewer().programme)
    found = next((each for each in results.waves(current_viewer().programme) if each.key == wave), None)
    if found is None:
        abort(404)
    return _render("partition.html", page=found, blocks=partition_of(wave))


@pages.get("/charts/<key>/<measure>/<picture>.svg")
def chart(key: str, measure: str, picture: str) -> AnyResponse:
    """A stored picture; its address names its content, so browsers may keep it. An older one leads to the newest."""
    results = DatabaseResults(current_viewer().programme)
    found = results.group(key)
    if found is None or not may_read(results, current_viewer(), found):
        abort(404)
    variant, _, fingerprint = picture.rpartition("-")
    stored = results.chart(key, measure, variant)
    if stored is None:
        abort(404)
    if stored.fingerprint != fingerprint:  # drawn anew since the page was
        return redirect(f"/charts/{key}/{measure}/{variant}-{stored.fingerprint}.svg")
    response = Response(stored.svg, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.set_etag(stored.fingerprint)
    return response.make_conditional(request)


def _comments(results: DatabaseResults, found: ReportingGroup) -> tuple[PublishedWave, list[str]] | None:
    """What people of the groups inside this one wrote, in the newest wave of which somebody has read it."""
    waves = {wave.key: wave for wave in results.waves(found.key)}
    teams: dict[str, set[str]] = {key: set() for key in waves}
    for cell in results.cells(found.key):
        if isinstance(cell, ShownCell):
            teams[cell.wave].update(cell.covers)
    newest = newest_comments(teams, vault())
    return None if newest is None else (waves[newest[0]], newest[1])


def _may_follow(results: DatabaseResults, link: Link) -> bool:
    """Whether a link to a group leads the viewer anywhere."""
    found = results.group(link.path.rpartition("/")[2])
    return found is not None and may_read(results, current_viewer(), found)


def _readable_group(results: DatabaseResults, key: str, level: Level) -> ReportingGroup | None:
    """Return a group that the viewer may see; None where it is theirs but nothing is published of it yet."""
    viewer = current_viewer()
    found = results.group(key)
    if found is None:
        if key in viewer.inside:
            return None
        abort(404)
    if found.level is not level or not may_read(results, viewer, found):
        abort(404)
    return found


def _render(template: str, page: object, **values: object) -> str:
    links = home_links(current_viewer())
    if page is None:
        return render_template("empty.html", home_links=links, **values)
    return render_template(template, page=page, home_links=links, **values)
