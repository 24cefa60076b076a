"""Bring a roster in, for programme leads: upload, read what it would change, import."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from survey_app.extensions import vault
from survey_app.use_cases.errors import TooManyLeavers, UnknownGroup, UnknownUpload, UnreadableFile
from survey_app.use_cases.roster_tables import HEADINGS, LARGEST_FILE_BYTES, REQUIRED
from survey_app.use_cases.roster_uploads import authorities_of, confirm, keep_upload, look_at
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("rosters", __name__, url_prefix="/manage/rosters")
_EXAMPLE = (
    "staff_ref,name,email,mobile,team,service_area,role,language,started_on,left_on,hours\r\n"
    "E1234,Amara Okafor,amara.okafor@example.org,07700 900123,Duty Team North,Early Help,Social worker,en,2026-01-05,,"
    "\r\n"
)


@pages.before_request
def _allow_a_file() -> None:
    request.max_content_length = LARGEST_FILE_BYTES + 100_000


@pages.get("")
def ask() -> str:
    """Every authority and how many people work there; and a form for a file."""
    return _form()


@pages.get("/example.csv")
def example() -> Response:
    """A roster of one line, to be filled in."""
    response = Response("\ufeff" + _EXAMPLE, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="roster.csv"'
    return response


@pages.post("")
def upload() -> AnyResponse | tuple[str, int]:
    """Keep a file for an hour; nothing is imported yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form("Choose a file."), 400
    viewer = current_viewer()
    with closing(file):
        content = file.read()
    try:
        kept = keep_upload(
            viewer.programme,
            request.form.get("authority", ""),
            file.filename,
            content,
            absent_have_left=request.form.get("everybody") == "yes",
            by=viewer.name,
            now=datetime.now(UTC),
            vault=vault(),
        )
    except UnknownGroup:
        return _form("Choose an authority."), 400
    except UnreadableFile as error:
        return _form(str(error), file.filename), 400
    return redirect(f"/manage/rosters/{kept}", code=303)


@pages.get("/<uuid:upload_id>")
def report(upload_id: UUID) -> str | tuple[str, int]:
    """What a file would change; once it is imported, what it changed."""
    return _report(upload_id)


@pages.post("/<uuid:upload_id>")
def bring_in(upload_id: UUID) -> AnyResponse | tuple[str, int]:
    """Import what the report showed, all usable rows or none."""
    viewer = current_viewer()
    try:
        confirm(
            viewer.programme,
            upload_id,
            however_many=request.form.get("however_many") == "yes",
            by=viewer.name,
            now=datetime.now(UTC),
            vault=vault(),
        )
    except TooManyLeavers:
        return _report(upload_id, "Tick the box to say that they have left, or choose another file.")
    except UnknownUpload as error:
        return _form(str(error)), 404
    return redirect(f"/manage/rosters/{upload_id}", code=303)


def _report(upload_id: UUID, problem: str = "") -> tuple[str, int]:
    viewer = current_viewer()
    try:
        found = look_at(viewer.programme, upload_id, datetime.now(UTC), vault())
    except UnknownUpload as error:
        return _form(str(error)), 404
    page = render_template(
        "manage/roster_report.html", home_links=home_links(viewer), upload=found, report=found.report, problem=problem
    )
    return page, 400 if problem else 200


def _form(problem: str = "", file_name: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "manage/rosters.html",
        home_links=home_links(viewer),
        authorities=authorities_of(viewer.programme, datetime.now(UTC).date()),
        chosen=request.form.get("authority", ""),
        headings=HEADINGS,
        required=REQUIRED,
        problem=problem,
        file_name=file_name,
    )
