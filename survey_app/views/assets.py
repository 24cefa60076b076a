"""What templates are given: days and times in words, and addresses of static files that change with their content."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
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


def _keep_fingerprinted(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR_SECONDS}, immutable"
    return response
