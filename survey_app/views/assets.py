"""Addresses of static files that change with their content, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

from dashboards.words import day

_STATIC = Path(__file__).parent.parent / "static"
_A_YEAR_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Give templates `asset` and `day`, and let fingerprinted files be kept."""
    app.jinja_env.globals["asset"] = _asset
    app.jinja_env.globals["day"] = day
    app.after_request(_keep_fingerprinted)


def _asset(name: str) -> str:
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def _keep_fingerprinted(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR_SECONDS}, immutable"
    return response
