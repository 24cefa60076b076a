"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import text

from survey_app.extensions import db

pages = Blueprint("health", __name__, url_prefix="/health")


@pages.get("/live")
def live() -> str:
    """The process answers; nothing else is asked."""
    return "ok"


@pages.get("/ready")
def ready() -> str:
    """The database answers."""
    db.session.execute(text("SELECT 1"))
    return "ok"
