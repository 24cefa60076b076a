"""Whether the process lives, whether it can do its work, and figures for operators."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from survey_app.extensions import settings
from survey_app.use_cases.readiness import figures, unready

pages = Blueprint("health", __name__)


@pages.get("/health/live")
def live() -> str:
    """The process answers; nothing else is asked."""
    return "ok"


@pages.get("/health/ready")
def ready() -> tuple[str, int]:
    """The database answers, with tables of this version."""
    found = unready(settings())
    return ("; ".join(found), 503) if found else ("ok", 200)


@pages.get("/metrics")
def metrics() -> Response:
    """Figures in Prometheus' text format, for whoever has the key; without one there is no such page."""
    key = settings().metrics_key
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not key or scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), key.encode()):
        abort(404)
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for figure in figures(settings(), datetime.now(UTC)):
        labels = ("of",) if figure.label else ()
        if figure.family not in gauges:
            gauges[figure.family] = Gauge(figure.family, figure.about, labels, registry=registry)
        gauge = gauges[figure.family]
        (gauge.labels(figure.label) if labels else gauge).set(figure.value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
