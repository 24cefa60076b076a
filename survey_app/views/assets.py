"""What templates are given: days and times in words, and addresses of static files that change with their content."""

from __future__ import annotations

import gzip
import hashlib
from datetime import datetime
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, request, url_for

from dashboards.words import day
from survey_app.extensions import settings

_STATIC = Path(__file__).parent.parent / "static"
_A_YEAR_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Give templates `asset`, `day` and `moment`, and let browsers keep fingerprinted files for a year."""
    app.jinja_env.globals["asset"] = _asset
    app.jinja_env.globals["day"] = day
    app.jinja_env.globals["moment"] = _moment
    app.before_request(_send_packed)
    app.after_request(_keep_fingerprinted)


def _moment(at: datetime) -> str:
    """A time as the clocks of this installation show it: `09:05 on 12 October 2026`."""
    local = at.astimezone(ZoneInfo(settings().default_time_zone))
    return f"{local:%H:%M} on {day(local)}"


def _asset(name: str) -> str:
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def _send_packed() -> Response | None:
    """A fingerprinted file for slow lines. Pages are not packed: they hold secrets beside what was typed (BREACH)."""
    name = (request.view_args or {}).get("filename", "")
    if request.endpoint != "static" or "v" not in request.args or name not in _names():
        return None
    if not request.accept_encodings.quality("gzip"):
        return None
    response = Response(_packed(name), mimetype=guess_type(name)[0])
    response.headers["Content-Encoding"] = "gzip"
    response.set_etag(_fingerprint(name) + "-gzip")
    response.make_conditional(request)
    return response


def _keep_fingerprinted(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR_SECONDS}, immutable"
        response.headers["Vary"] = "Accept-Encoding"
    return response


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _STATIC.iterdir())


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_STATIC / name).read_bytes(), 9, mtime=0)
