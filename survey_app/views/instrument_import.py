"""Bring an instrument in, for programme leads: upload, read the report, release."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from instruments.errors import InstrumentError, InvalidInstrumentFile
from instruments.files import from_document, from_toml, to_document, to_toml
from instruments.interchange.carrying import LARGEST_FOREIGN_BYTES, Details, Imported
from instruments.interchange.formats import FORMATS
from instruments.wording import review
from survey_app.use_cases import instrument_library
from survey_app.use_cases.errors import UseCaseError
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("instrument_import", __name__, url_prefix="/manage/instruments")
_LARGEST_FORM_BYTES = LARGEST_FOREIGN_BYTES + 1_000_000
_OWN = "toml"
_CHOICES = [(_OWN, "Instrument file (.toml)"), *((name, FORMATS[name].title) for name in FORMATS)]


@pages.before_request
def allow_a_whole_file() -> None:
    """A file is larger than any form of a pulse."""
    request.max_content_length = request.max_form_memory_size = _LARGEST_FORM_BYTES


@pages.get("/import")
def ask() -> str:
    """Ask for a file."""
    return _form([], {})


@pages.post("/import")
def report() -> str | tuple[str, int]:
    """Say what a file holds and what of it cannot be carried. Changes nothing."""
    upload = request.files.get("file")
    typed = {key: request.form.get(key, "").strip() for key in ("format", "id", "version", "owner", "licence")}
    if upload is None or not upload.filename:
        return _form(["Choose a file"], typed), 400
    try:
        imported = _read(upload.read(), upload.filename, typed)
    except InvalidInstrumentFile as error:
        return _form(list(error.problems), typed, upload.filename), 400
    instrument = imported.instrument
    return _render(
        "manage/import_report.html",
        instrument=instrument,
        language=instrument.languages[0],
        losses=imported.losses,
        remarks=review(instrument),
        document=json.dumps(to_document(instrument), ensure_ascii=False),
        problem="",
    )


@pages.post("/release")
def release() -> AnyResponse | tuple[str, int]:
    """Release what the report showed, or hand it over as a draft to edit."""
    try:
        instrument = from_document(json.loads(request.form.get("document", "")))
    except (ValueError, RecursionError, InstrumentError):
        return _form(["The report could not be read back; choose the file again"], {}), 400
    if request.form.get("go") == "draft":
        response = Response(to_toml(instrument), content_type="application/toml; charset=utf-8")
        file_name = f"{instrument.id}-{instrument.version}.toml"
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response
    try:
        instrument_library.release(instrument, current_viewer().name, datetime.now(UTC))
    except (UseCaseError, InstrumentError) as error:
        page = _render(
            "manage/import_report.html",
            instrument=instrument,
            language=instrument.languages[0],
            losses=(),
            remarks=review(instrument),
            document=json.dumps(to_document(instrument), ensure_ascii=False),
            problem=str(error),
        )
        return page, 400
    return redirect(f"/manage/instruments/{instrument.reference}", code=303)


def _read(content: bytes, name: str, typed: dict[str, str]) -> Imported:
    if typed["format"] == _OWN:
        return Imported(from_toml(content, source=name), ())
    if typed["format"] not in FORMATS:
        raise InvalidInstrumentFile(name, ["choose which kind of file it is"])
    details = Details(
        typed["id"] or None,
        typed["version"] or None,
        typed["owner"] or None,
        typed["licence"] or None,
        permission_required=request.form.get("licensed") == "yes",
    )
    return FORMATS[typed["format"]].read(content, name, details)


def _form(problems: list[str], typed: dict[str, str], name: str = "") -> str:
    return _render("manage/import.html", problems=problems, typed=typed, choices=_CHOICES, name=name)


def _render(template: str, **values: object) -> str:
    return render_template(template, home_links=home_links(current_viewer()), **values)
