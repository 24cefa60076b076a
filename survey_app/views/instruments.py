"""Instruments, for programme leads: list, preview on a phone, compare two versions, export."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from instruments.changes import ChangeLevel
from instruments.definitions import Instrument
from instruments.errors import LevelLowered, UnknownInstrument
from instruments.interchange.formats import FORMATS, export, losses_of
from instruments.rotation import asked_items, rotating_items
from instruments.screens import screens_of
from instruments.side_by_side import side_by_side
from instruments.verdicts import about_scale
from instruments.wording import review
from survey_app.extensions import settings
from survey_app.use_cases import instrument_library, pulses
from survey_app.use_cases.wave_terms import PROMISE
from survey_app.views.guard import CONTENT_SECURITY_POLICY, current_viewer
from survey_app.views.languages import speak_only
from survey_app.views.navigation import home_links

pages = Blueprint("instruments", __name__, url_prefix="/manage/instruments")
_LONGEST_REASON = 500
_RAISABLE = (ChangeLevel.PATCH, ChangeLevel.MINOR, ChangeLevel.MAJOR)


@pages.get("")
def index() -> str:
    """Every version that may be asked, the pulses that ask them, and what their next waves do to lines."""
    versions = [instrument_library.find_instrument(reference) for reference in instrument_library.list_references()]
    planned = []
    for pulse in pulses.list_pulses(current_viewer().programme):
        waves = [wave for wave in pulses.list_waves(pulse.key) if wave.state == "planned"]
        planned += [(wave, pulses.verdict_before_opening(wave.key)) for wave in waves]
    return _render(
        "manage/instruments.html",
        versions=[(version, _permission_of(version)) for version in versions],
        pulses=pulses.list_pulses(current_viewer().programme),
        planned=planned,
    )


@pages.get("/<reference>")
def preview(reference: str) -> Response:
    """A version as staff will see it, in a frame of a phone's size, with what an editor would look at again."""
    instrument = _find(reference)
    language = _language(instrument)
    response = Response(
        _render(
            "manage/instrument.html",
            instrument=instrument,
            language=language,
            screen_count=len(_screens(instrument)),
            remarks=review(instrument),
            permission=_permission_of(instrument),
            exports=[(name, FORMATS[name].title, losses_of(instrument, name)) for name in FORMATS],
        )
    )
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


@pages.get("/<reference>/phone/<language>/<int:number>")
def phone(reference: str, language: str, number: int) -> Response:
    """One screen of a version, for the frame of its preview."""
    instrument = _find(reference)
    screens = _screens(instrument)
    if language not in instrument.languages or number >= len(screens):
        abort(404)
    speak_only(language)
    page = render_template(
        "manage/phone.html",
        instrument=instrument,
        language=language,
        screen=screens[number],
        screen_count=len(screens),
        promise=gettext(PROMISE).format(minimum=settings().minimum_group_size),
        given={},
    )
    response = Response(page)
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["Content-Security-Policy"] = policy
    return response


@pages.get("/<reference>/export/<name>")
def export_file(reference: str, name: str) -> Response:
    """A version in another tool's format; its page lists beforehand what the format cannot carry."""
    if name not in FORMATS:
        abort(404)
    instrument = _find(reference)
    response = Response(export(instrument, name).content, content_type=FORMATS[name].media_type)
    file_name = f"{instrument.id}-{instrument.version}{FORMATS[name].ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@pages.get("/compare")
def compare() -> str:
    """Two versions side by side, with the verdict on what the newer does to lines."""
    return _comparison_page(request.args.get("before", ""), request.args.get("after", ""), "", "")


@pages.post("/compare")
def raise_level() -> AnyResponse | tuple[str, int]:
    """Rule that a change is more than it looks."""
    before, after = _find(request.form.get("before", "")), _find(request.form.get("after", ""))
    reason = request.form.get("reason", "").strip()
    level = next((level for level in _RAISABLE if level.word == request.form.get("level")), None)
    problem = "" if level is not None else "Choose a level"
    if not reason or len(reason) > _LONGEST_REASON:
        problem = f"Say why, in up to {_LONGEST_REASON} letters: those who read the audit log will want to know"
    try:
        if not problem and level is not None:
            instrument_library.raise_level(
                before, after, level, reason=reason, by=current_viewer().name, now=datetime.now(UTC)
            )
    except LevelLowered as error:
        problem = str(error)
    if problem:
        return _comparison_page(before.reference, after.reference, problem, reason), 400
    return redirect(f"/manage/instruments/compare?before={before.reference}&after={after.reference}", code=303)


def _comparison_page(before: str, after: str, problem: str, reason: str) -> str:
    references = instrument_library.list_references()
    if not before or not after:
        return _render("manage/compare.html", references=references, found=None, before=before, after=after)
    old, new = _find(before), _find(after)
    found = instrument_library.compare_versions(old, new)
    return _render(
        "manage/compare.html",
        references=references,
        found=found,
        before=before,
        after=after,
        scales=[(verdict, about_scale(verdict)) for verdict in found.scales],
        pairs=side_by_side(old, new, found),
        languages=(old.languages[0], new.languages[0]),
        titles={scale.id: scale.title[new.languages[0]] for scale in new.scales},
        raisable=[level for level in _RAISABLE if level > found.level],
        problem=problem,
        reason=reason,
    )


def _find(reference: str) -> Instrument:
    try:
        return instrument_library.find_instrument(reference)
    except UnknownInstrument:
        abort(404)


def _language(instrument: Instrument) -> str:
    wanted = request.args.get("language", "")
    return wanted if wanted in instrument.languages else instrument.languages[0]


def _screens(instrument: Instrument) -> tuple[object, ...]:
    rotating = {item.id for item in rotating_items(instrument, 0, 0)}
    return screens_of(instrument, asked_items(instrument, rotating))


def _permission_of(instrument: Instrument) -> instrument_library.Permission | None:
    needed = instrument.licence.permission_required
    return instrument_library.find_permission(instrument.reference) if needed else None


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), today=datetime.now(UTC).date(), **values)
