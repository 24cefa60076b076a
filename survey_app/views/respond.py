"""The pulse on a phone: GET shows, POST walks through the screens, and only the last POST keeps anything."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, render_template, request
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from instruments.errors import InstrumentError
from instruments.screens import screens_of
from survey_app.extensions import settings, vault
from survey_app.stores.days import long_day
from survey_app.use_cases.comment_texts import LONGEST_COMMENT
from survey_app.use_cases.errors import CommentTooLong, UnknownInvitation, WaveClosed, WavePaused
from survey_app.use_cases.responding import AnswerSheet, find_answer_sheet, record_answers
from survey_app.use_cases.wave_terms import PROMISE
from survey_app.views.errors import note_database_error
from survey_app.views.languages import current_language, speak
from survey_app.views.last_time import last_time_of
from survey_app.views.not_now import Page, Reason, not_now
from survey_app.views.packing import kept_page, pack_page

pages = Blueprint("respond", __name__)
pages.after_request(pack_page)
_STEPS = {"next": 1, "back": -1}


@pages.get("/p/<token>")
def show(token: str) -> Page | tuple[str, int] | str | Response:
    """Show the first screen. Changes nothing, however often and by whomever it is fetched."""
    try:
        sheet = _find(token)
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    if not sheet.is_open:
        return _over_page(sheet)
    if sheet.is_paused:
        return not_now(Reason.PAUSED)
    if sheet.answered and "again" not in request.args:
        return render_template("respond/already_answered.html", sheet=sheet, closes_on=_closes_on(sheet))
    screens = screens_of(sheet.instrument, sheet.items)
    first = tuple(item.id for item in screens[0].items)
    return kept_page(
        ("form", *_alike(sheet), sheet.answered, first, len(screens)),
        lambda: _screen_page(sheet, 0, {}, is_fresh=True),
    )


@pages.post("/p/<token>")
def answer(token: str) -> Page | tuple[str, int] | str | Response:
    """Walk to another screen with the answers so far, or send them all."""
    g.only_reads = True  # the session, that is: a ballot goes past it
    try:
        sheet = _find(token)
        given = {item.id: request.form.get(item.id, "")[:10] for item in sheet.items}
        comment = request.form.get("comment", "")
        if request.form.get("go") != "send":
            return _walk(sheet, given) if sheet.is_open else _over_page(sheet)
        record_answers(sheet, token, given, vault(), comment)
    except UnknownInvitation:
        return render_template("respond/unknown.html"), 404
    except (WaveClosed, WavePaused) as error:
        return not_now(Reason.PAUSED) if isinstance(error, WavePaused) else _over_page(_find(token))
    except CommentTooLong as error:
        return _too_long_page(sheet, given, error), 400
    except InstrumentError:
        return render_template("respond/not_understood.html"), 400
    return _thanks(sheet, is_empty=not any([*given.values(), comment.strip()]))


@pages.errorhandler(SQLAlchemyError)
def try_again(error: SQLAlchemyError) -> Page:
    """The database cannot be used."""
    note_database_error(error)
    return not_now(Reason.UNUSABLE)


def _find(token: str) -> AnswerSheet:
    """The answer sheet behind a link; the page speaks its owner's language from here on."""
    sheet = find_answer_sheet(token, vault())
    speak(sheet.language, sheet.instrument.languages)
    return sheet


def _alike(sheet: AnswerSheet) -> tuple[object, ...]:
    """What sheets have in common whose pages, filled in by nobody, can be the same: the wave, its end, the language."""
    return sheet.public_key, sheet.closes_at, current_language()


def _thanks(sheet: AnswerSheet, *, is_empty: bool) -> Response:
    """The same for all whose teams have read the same of last time."""
    last_time = last_time_of(sheet)

    def make() -> str:
        return render_template(
            "respond/thanks.html", sheet=sheet, closes_on=_closes_on(sheet), is_empty=is_empty, last_time=last_time
        )

    return kept_page(("thanks", *_alike(sheet), last_time, is_empty), make)


def _over_page(sheet: AnswerSheet) -> str:
    """The wave is over: the next one comes, or is open under a newer link."""
    return render_template("respond/expired.html" if sheet.newer_wave else "respond/closed.html", sheet=sheet)


def _walk(sheet: AnswerSheet, given: Mapping[str, str]) -> str:
    """Another screen, or the same one where somebody chose another language."""
    last = _last_screen(sheet)
    at = request.form.get("screen", "0")
    here = min(int(at), last) if at.isdecimal() and len(at) < 4 else 0
    return _screen_page(sheet, min(max(here + _step(), 0), last), given)


def _step() -> int:
    return 0 if "speak" in request.form else _STEPS.get(request.form.get("go", ""), 1)


def _last_screen(sheet: AnswerSheet) -> int:
    return len(screens_of(sheet.instrument, sheet.items)) - 1


def _too_long_page(sheet: AnswerSheet, given: Mapping[str, str], error: CommentTooLong) -> str:
    problem = gettext(
        "Your comment has %(length)d characters; %(longest)d fit. Nothing has been sent yet.",
        length=error.length,
        longest=error.longest,
    )
    return _screen_page(sheet, _last_screen(sheet), given, problem=problem)


def _screen_page(
    sheet: AnswerSheet, number: int, given: Mapping[str, str], *, problem: str = "", is_fresh: bool = False
) -> str:
    screens = screens_of(sheet.instrument, sheet.items)
    here = {item.id for item in screens[number].items}
    promise, promise_language = _promise(sheet)
    return render_template(
        "respond/screen.html",
        sheet=sheet,
        screen=screens[number],
        screen_count=len(screens),
        given=given,
        carried={item_id: value for item_id, value in given.items() if value and item_id not in here},
        closes_on=_closes_on(sheet),
        comment=request.form.get("comment", "") if sheet.asks_comment else "",
        longest_comment=LONGEST_COMMENT,
        problem=problem,
        is_fresh=is_fresh,
        promise=promise,
        promise_language=promise_language,
    )


def _promise(sheet: AnswerSheet) -> tuple[str, str]:
    """The wave's promise and the language it is in: translated where it is the sentence that catalogues know."""
    if sheet.promise == PROMISE.format(minimum=sheet.minimum):
        return gettext(PROMISE).format(minimum=sheet.minimum), current_language()
    return sheet.promise, "en"


def _closes_on(sheet: AnswerSheet) -> str:
    return long_day(sheet.closes_at.astimezone(ZoneInfo(settings().default_time_zone)), current_language())
