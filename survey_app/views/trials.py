"""A pulse's messages, to be read and sent to oneself before anybody is asked."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from notifications.catalogue import written_languages
from notifications.messages import Channel
from survey_app.extensions import settings, vault
from survey_app.queues import ring_delivery
from survey_app.use_cases.errors import NoAddressToTry, TooManyTrials
from survey_app.use_cases.pulses import find_pulse, list_pulses
from survey_app.use_cases.roster_files import read_mobile, require_home_number
from survey_app.use_cases.trials import WORDINGS, keep_own_number, own_number, samples, send_trial
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("trials", __name__, url_prefix="/manage/pulses/<key>/messages")


@pages.get("")
def show(key: str) -> str:
    """Every message as somebody would read it."""
    return _page(key)


@pages.post("")
def send(key: str) -> Response | tuple[str, int]:
    """Send one to whoever asks."""
    _require_own(key)
    viewer, form, now = current_viewer(), request.form, datetime.now(UTC)
    wording, language, channel = (form.get(name, "") for name in ("wording", "language", "channel"))
    if wording not in WORDINGS or language not in written_languages() or channel not in set(Channel):
        return _page(key, "channel", "Choose a message, a language and a way"), 400
    try:
        if channel == Channel.SMS:
            number = read_mobile(form.get("mobile", "").strip())
            require_home_number(number, settings().mobile_countries)
            keep_own_number(viewer.account_id, number, vault())
        message = send_trial(key, wording, language, Channel(channel), viewer.account_id, by=viewer.name, now=now)
    except ValidationError:
        return _page(
            key, "mobile", "Enter your mobile number, such as 07700 900123; texts to other countries cost more"
        ), 400
    except NoAddressToTry as error:
        return _page(key, "channel", str(error)), 400
    except TooManyTrials as error:
        return _page(key, "channel", str(error)), 429
    ring_delivery(settings().redis_url, [message], now, urgent=True)
    return redirect(f"/manage/pulses/{key}/messages?sent=yes", code=303)


def _page(key: str, field: str = "", problem: str = "") -> str:
    _require_own(key)
    viewer = current_viewer()
    return render_template(
        "manage/messages.html",
        home_links=home_links(viewer),
        pulse=find_pulse(key),
        samples=list(samples(key, datetime.now(UTC), settings().public_base_url)),
        wordings=WORDINGS,
        languages=sorted(written_languages(), key=lambda each: (each != "en", each)),
        number=own_number(viewer.account_id, vault()),
        sent="sent" in request.args,
        typed=request.form,
        field=field,
        problem=problem,
    )


def _require_own(key: str) -> None:
    if key not in {each.key for each in list_pulses(current_viewer().programme)}:
        abort(404)
