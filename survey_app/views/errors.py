"""What people see when something is wrong, and logs that hold no secret of an address."""

from __future__ import annotations

import re

from flask import Flask, current_app, render_template, request
from flask_babel import gettext
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from survey_app.extensions import db
from survey_app.phrases import phrase
from survey_app.views.not_now import RETRY_AFTER

_SECRET_PATHS = re.compile(r"^/(p|o|sign-in|shared)/[^/]+")
_SENTENCES = {
    400: (phrase("Something in the form was not right"), phrase("Please go back and try again.")),
    403: (phrase("That is not allowed here"), phrase("Please open the page again and try once more.")),
    404: (
        phrase("Page not found"),
        phrase("If you typed the address, check it is right. If you followed a link, it may be out of date."),
    ),
    405: (phrase("That is not possible here"), phrase("Please open the page again.")),
    413: (phrase("That is too large"), phrase("Please send less at a time.")),
    503: (phrase("Sorry, this is not working just now"), phrase("Nothing is lost. Please try again in a minute.")),
}


def init_app(app: Flask) -> None:
    """Answer errors with a page that says what to do next."""
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(SQLAlchemyError, _show_database_error)
    app.register_error_handler(DataError, _show_unusable_text)
    app.register_error_handler(Exception, _show_last_resort)


def safe_path() -> str:
    """The path of the request without any secret in it."""
    return _SECRET_PATHS.sub(r"/\1/…", request.path)


def _show_http_error(error: HTTPException) -> tuple[str, int]:
    return _page(error.code or 500)


def _show_database_error(error: SQLAlchemyError) -> tuple[str, int, dict[str, str]]:
    note_database_error(error)
    page, code = _page(ServiceUnavailable.code)
    return page, code, RETRY_AFTER


def _show_unusable_text(error: DataError) -> tuple[str, int]:
    """PostgreSQL cannot hold what was written, such as a character without a number: coming again would not help."""
    note_database_error(error)
    return _page(400)


def note_database_error(error: SQLAlchemyError) -> None:
    """Give the transaction up, and log that the database could not be used."""
    db.session.rollback()
    _log("The database could not be used.", error)


def _show_last_resort(error: Exception) -> tuple[str, int]:
    _log("A page failed.", error)
    return _page(500)


def _log(sentence: str, error: Exception) -> None:
    """Log where it went wrong, but neither the error's text nor its values: they may hold an answer or an address."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else "unknown"
    current_app.logger.error("%s %s at %s on %s %s", sentence, type(error).__name__, where, request.method, safe_path())


def _page(code: int) -> tuple[str, int]:
    heading, sentence = _SENTENCES.get(code, _SENTENCES[503])
    return render_template("error.html", heading=gettext(heading), sentence=gettext(sentence)), code
