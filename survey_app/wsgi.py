"""What the web server runs."""

from __future__ import annotations

from survey_app.app import create_app
from survey_app.extensions import OF_PAGES

app = create_app(patience=OF_PAGES)
