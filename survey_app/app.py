"""Put an application together from its settings."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

import dashboards
from survey_app.config import Settings, load_settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import OF_JOBS, Patience, configure_database, migrate
from survey_app.models import tables
from survey_app.views import register_views

LARGEST_BODY_BYTES = 64 * 1024


def create_app(settings: Settings | None = None, patience: Patience = OF_JOBS) -> Flask:
    """Return an application for these settings, or for the environment's.

    `patience` is how long PostgreSQL may take over its questions: pages have less than jobs.

    Raises
    ------
    InvalidSetting
        A setting is missing or wrong.
    """
    settings = settings or load_settings(os.environ)
    app = Flask("survey_app", root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES
    app.config["SECRET_KEY"] = None  # nothing is kept in Flask's own session cookie
    app.extensions["pulse_settings"] = settings
    app.extensions["pulse_vault"] = Vault.from_settings(settings)
    app.extensions["pulse_tables"] = tables.MODULES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    configure_database(app, settings, patience)
    migrate.init_app(app)
    register_views(app, demo=settings.demo)
    if settings.trusted_proxies:
        behind = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)
        app.wsgi_app = behind  # type: ignore[method-assign]
    app.jinja_loader = _templates()
    return app


def _templates() -> ChoiceLoader:
    """Our pages, those of the dashboards, and the macros of GOV.UK's patterns under their package's name."""
    folders = [Path(__file__).parent / "templates", Path(dashboards.__file__).parent / "templates"]
    macros = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return ChoiceLoader([*map(FileSystemLoader, folders), macros])
