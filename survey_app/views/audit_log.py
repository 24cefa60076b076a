"""The log of who did what, for programme leads and governance readers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from flask import Blueprint, Response, abort, render_template, request

from dashboards.exports.delimited import safe_text
from survey_app.use_cases.audit_log import ENTRIES_A_PAGE, LogQuestion, read_log, whole_log
from survey_app.use_cases.auditing import note_now
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("audit_log", __name__, url_prefix="/manage/log")


@pages.get("")
def index() -> str | tuple[str, int]:
    """A page of the log."""
    question, problem = _question()
    number = request.args.get("page", "1")
    page = int(number) if number.isdigit() and 0 < int(number) < 10**6 else 1
    found = read_log(current_viewer(), question, page)
    answer = render_template(
        "manage/log.html",
        home_links=home_links(current_viewer()),
        log=found,
        typed=request.args,
        problem=problem,
        page=page,
        pages=max(1, -(-found.total // ENTRIES_A_PAGE)),
    )
    return (answer, 400) if problem else answer


@pages.post("/export")
def export() -> Response:
    """What was asked for, as CSV; that it was taken is written down."""
    question, problem = _question()
    if problem:
        abort(400)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["happened_at", "actor", "action", "subject", "detail"])
    for entry in whole_log(current_viewer(), question):
        words = (entry.actor, entry.action, entry.subject, entry.detail)
        writer.writerow([entry.happened_at.isoformat(timespec="seconds"), *map(safe_text, words)])
    now = datetime.now(UTC)
    note_now(current_viewer().name, "export log", current_viewer().programme, now)
    response = Response("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="pulse-log-{now:%Y-%m-%d}.csv"'
    return response


def _question() -> tuple[LogQuestion, str]:
    asked = request.values
    days: list[date | None] = []
    problem = ""
    for name in ("since", "until"):
        try:
            days.append(date.fromisoformat(asked[name]) if asked.get(name) else None)
        except ValueError:
            days.append(None)
            problem = "Write a day as 2026-11-28"
    text = {name: asked.get(name, "").strip() for name in ("actor", "action", "subject")}
    return LogQuestion(**text, since=days[0], until=days[1]), problem
