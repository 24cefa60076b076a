"""When an answer cannot be taken just now: a page that holds what was posted, to be sent again with one press."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from flask import Flask, render_template, request
from flask_babel import format_time, gettext

from survey_app.extensions import settings
from survey_app.phrases import phrase
from survey_app.stores.maintenance import maintenance
from survey_app.views.gate import TOO_BUSY

RETRY_AFTER = {"Retry-After": "30"}
_ALWAYS_ANSWERED = frozenset({"health", "hooks", None})
"""Blueprints that programs ask: None is that of static files, and of what is not there."""


Page = tuple[str, int, dict[str, str]]


class Reason(Enum):
    """Why not: a heading and a sentence."""

    UNUSABLE = (phrase("Sorry, this is not working just now"), phrase("Nothing is lost."))
    BUSY = (phrase("Many people are here just now"), phrase("Nothing is lost."))
    MAINTENANCE = (phrase("We are looking after this page"), phrase("It will be back soon. Nothing is lost."))
    PAUSED = (phrase("This pulse is paused"), phrase("Answers that are in are kept, and your link stays good."))


def init_app(app: Flask) -> None:
    """Answer every page with “back soon” while this host is being looked after, or cannot keep up."""
    app.before_request(_show_maintenance)
    app.before_request(_show_busy)


def not_now(reason: Reason, until: datetime | None = None) -> Page:
    """The page for a reason; what was posted with it stays in its form."""
    heading, sentence = reason.value
    posted = [(name, value) for name, value in request.form.items() if name not in {"go", "speak"}]
    page = render_template(
        "respond/not_now.html",
        heading=gettext(heading),
        sentence=f"{gettext(sentence)} {_back_at(until)}".strip(),
        posted=posted,
        step=request.form.get("go", "next"),
    )
    return page, 503, RETRY_AFTER


def _back_at(until: datetime | None) -> str:
    """When it should be back, where that is still to come."""
    if until is None or until < datetime.now(UTC):
        return ""
    local = until.astimezone(ZoneInfo(settings().default_time_zone))
    return gettext("It should be back at %(time)s.", time=format_time(local, "HH:mm", rebase=False))


def _show_busy() -> Page | None:
    is_busy = request.environ.get(TOO_BUSY, False) and request.endpoint != "health.live"
    return not_now(Reason.BUSY) if is_busy else None


def _show_maintenance() -> Page | None:
    is_on, until = maintenance(settings().data_dir)
    if not is_on or request.blueprint in _ALWAYS_ANSWERED:
        return None
    return not_now(Reason.MAINTENANCE, until)
