"""What the web server runs."""

from __future__ import annotations

import os

from survey_app.app import create_app
from survey_app.extensions import OF_PAGES
from survey_app.logs import TEXT, configure_logging
from survey_app.views.gate import Gate

configure_logging(os.environ.get("LOG_FORMAT", TEXT))
app = create_app(patience=OF_PAGES)
app.wsgi_app = Gate(app.wsgi_app)  # type: ignore[method-assign]
