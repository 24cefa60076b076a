"""What the web server runs."""

from __future__ import annotations

from survey_app.app import create_app

app = create_app()
