"""What holds for every request of the API: a key, an answer in JSON, and a problem in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, json, request
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from survey_app.extensions import vault
from survey_app.use_cases.api_keys import Program, find_program
from survey_app.views.errors import note_database_error
from survey_app.views.not_now import RETRY_AFTER

pages = Blueprint("api", __name__, url_prefix="/api/v1")


@pages.before_request
def _require_key() -> Response | None:
    if request.endpoint == "api.describe":
        return None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    program = find_program(secret.strip(), datetime.now(UTC), vault()) if scheme.lower() == "bearer" else None
    if program is None:
        refused = problem(401, "Key needed", "Send `Authorization: Bearer KEY` with a key that is good.")
        refused.headers["WWW-Authenticate"] = "Bearer"
        return refused
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not program.may_write:
        return problem(403, "This key only reads", "Ask for a key that may write: `pulse api-keys make --may-write`.")
    g.program = program
    return None


def current_program() -> Program:
    """Who asks."""
    program: Program = g.program
    return program


def answer(body: dict[str, Any], status: int = 200) -> Response:  # Any: JSON
    """An answer, which has an ETag where it was asked for and not made."""
    response = Response(json.dumps(body, sort_keys=True), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    if request.method != "GET":
        return response
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns this response


def problem(status: int, title: str, detail: str) -> Response:
    """What is wrong and what to do (RFC 9457)."""
    body = json.dumps({"title": title, "status": status, "detail": detail})
    return Response(body, status=status, mimetype="application/problem+json")


@pages.errorhandler(ValidationError)
def _refuse_question(error: ValidationError) -> Response:
    return problem(400, "The question is not right", "; ".join(_reasons(error.normalized_messages())))


def _reasons(messages: Any, path: str = "") -> list[str]:  # Any: marshmallow's messages, nested as the body is
    """What is wrong, each with the path of its field."""
    if isinstance(messages, dict):
        return [
            reason
            for name, inner in messages.items()
            for reason in _reasons(inner, f"{path}.{name}" if path and name != "_schema" else path or str(name))
        ]
    return [f"{path}: {' '.join(map(str, messages))}"]


@pages.errorhandler(SQLAlchemyError)
def _not_now(error: SQLAlchemyError) -> Response:
    note_database_error(error)
    refused = problem(503, "Not working just now", "Nothing is lost. Try again after half a minute.")
    refused.headers.update(RETRY_AFTER)
    return refused


@pages.errorhandler(DataError)
def _unusable(error: DataError) -> Response:
    note_database_error(error)
    return problem(400, "The question is not right", "It holds a character that cannot be kept, such as NUL.")


@pages.errorhandler(HTTPException)
def _in_words(error: HTTPException) -> Response:
    return problem(error.code or 500, error.name, error.description or "")
