"""Waves as programme leads look after them: which there are, what can be done with each, how far its messages are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import settings, vault
from survey_app.queues import ring_delivery, ring_work
from survey_app.use_cases.auditing import note_now
from survey_app.use_cases.delivery_overview import WaveLine, delivery_of, waves_of
from survey_app.use_cases.errors import UnknownWave, UseCaseError
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.pausing import close_early, pause_wave, resume_wave
from survey_app.use_cases.planning import unplan_wave
from survey_app.use_cases.pulses import find_wave_id
from survey_app.use_cases.sender_overview import senders_of
from survey_app.use_cases.withdrawing import withdraw_wave
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("waves", __name__, url_prefix="/manage/waves")
_LONGEST_REASON = 300


@pages.get("")
def index() -> str:
    """Every wave, the newest first."""
    return _render("manage/waves.html", waves=waves_of(current_viewer().programme))


@pages.get("/<wave>")
def show(wave: str) -> str:
    """One wave, and what can be done with it now."""
    return _page(wave)


@pages.post("/<wave>/open")
def open_now(wave: str) -> Response | tuple[str, int]:
    """Open a planned wave now and invite everybody."""

    def act(by: str, now: datetime) -> None:
        messages = open_wave(find_wave_id(wave), now, vault())
        ring_delivery(settings().redis_url, messages, now)
        if messages:
            note_now(by, "open wave", wave, now)

    return _do(wave, act)


@pages.post("/<wave>/unplan")
def unplan(wave: str) -> Response | tuple[str, int]:
    """Take a wave out of the calendar that has not opened."""
    return _do(wave, lambda by, now: unplan_wave(wave, by=by, now=now), leads_to="/manage/waves")


@pages.post("/<wave>/pause")
def pause(wave: str) -> Response | tuple[str, int]:
    """Hold an open wave."""
    return _do(wave, lambda by, now: pause_wave(wave, by=by, now=now))


@pages.post("/<wave>/resume")
def resume(wave: str) -> Response | tuple[str, int]:
    """Let a paused wave go on."""
    return _do(wave, lambda by, now: resume_wave(wave, by=by, now=now))


@pages.post("/<wave>/close")
def close(wave: str) -> Response | tuple[str, int]:
    """End an open wave early."""
    if request.form.get("sure") != "yes":
        return _page(wave, "close", "Tick the box to say that it is meant"), 400

    def act(by: str, now: datetime) -> None:
        ring_work(settings().redis_url, "close_wave", close_early(wave, by=by, now=now), now)

    return _do(wave, act)


@pages.post("/<wave>/withdraw")
def withdraw(wave: str) -> Response | tuple[str, int]:
    """Take a closed wave off every page, for good, with a reason that stays there."""
    because = " ".join(request.form.get("because", "").split())[:_LONGEST_REASON]
    if not because:
        return _page(wave, "because", "Enter the reason: every reader of the pages sees it"), 400
    return _do(wave, lambda by, now: withdraw_wave(wave, because=because, by=by, now=now))


@pages.get("/<wave>/delivery")
def delivery(wave: str) -> str:
    """What became of a wave's messages; never who has not answered."""
    now = datetime.now(UTC)
    programme = current_viewer().programme
    try:
        found = delivery_of(programme, wave, now)
    except UnknownWave:
        abort(404)
    return _render("manage/delivery.html", delivery=found, senders=senders_of(programme, settings(), vault(), now))


def _do(
    wave: str, act: Callable[[str, datetime], object], *, leads_to: str | None = None
) -> Response | tuple[str, int]:
    """Do something with one of the programme's own waves; what is not possible any more says so on its page."""
    _own(wave)
    try:
        act(current_viewer().name, datetime.now(UTC))
    except UseCaseError as error:
        return _page(wave, "wave", str(error)), 409
    return redirect(leads_to or f"/manage/waves/{wave}", code=303)


def _own(key: str) -> WaveLine:
    found = next((line for line in waves_of(current_viewer().programme) if line.key == key), None)
    if found is None:
        abort(404)
    return found


def _page(wave: str, field: str = "", problem: str = "") -> str:
    return _render("manage/wave.html", wave=_own(wave), typed=request.form, field=field, problem=problem)


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), **values)
