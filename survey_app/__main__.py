"""`pulse`, the command line."""

from __future__ import annotations

import os

from survey_app.app import create_app
from survey_app.cli import pulse
from survey_app.logs import TEXT, configure_logging


def main() -> None:
    """Run a command."""
    os.umask(0o077)  # whatever is written is for this account alone
    configure_logging(os.environ.get("LOG_FORMAT", TEXT))
    pulse(obj=create_app)


if __name__ == "__main__":
    main()
