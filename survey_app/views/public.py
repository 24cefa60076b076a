"""Pages that everybody may read: the promise in plain words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template
from flask_babel import format_date

from survey_app.extensions import settings
from survey_app.use_cases.errors import UnknownWave
from survey_app.use_cases.receipts import receipt_of, thresholds_now, verdict_now

pages = Blueprint("public", __name__)


@pages.get("/how-anonymous")
def how_anonymous() -> str:
    """How anonymity works, with the numbers of the newest wave and the last audit's verdict."""
    minimum, width = thresholds_now(settings().minimum_group_size)
    return render_template("how_anonymous.html", minimum=minimum, width=width, verdict=verdict_now(), day=_day)


@pages.get("/receipts/<wave>")
def receipt(wave: str) -> str:
    """What was promised for a wave, and what has become of its key: the same for everybody."""
    try:
        found = receipt_of(wave)
    except UnknownWave:
        abort(404)
    return render_template("receipt.html", receipt=found, day=_day)


@pages.get("/privacy")
def privacy() -> str:
    """What is kept, for how long, and who to ask."""
    current = settings()
    keep = {
        "contacts": current.keep_contacts_days,
        "invitations": current.keep_invitations_days,
        "answers": current.keep_answers_months,
    }
    return render_template("privacy.html", keep=keep)


@pages.get("/accessibility")
def accessibility() -> str:
    """What works, what does not, and how to say so."""
    return render_template("accessibility.html")


@pages.get("/support")
def support() -> str:
    """Where to find support: the same page for everybody, whatever they answered."""
    return render_template("support.html")


def _day(moment: datetime) -> str:
    """A day in the language of the page: `12 October 2026`, `12 Hydref 2026`."""
    local = moment.astimezone(ZoneInfo(settings().default_time_zone))
    return str(format_date(local.date(), "d MMMM y"))
