"""`pulse`, the command line."""

from __future__ import annotations

import logging
import os

from survey_app.app import create_app
from survey_app.cli import pulse


def main() -> None:
    """Run a command."""
    os.umask(0o077)  # whatever is written is for this account alone
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    pulse(obj=create_app)


if __name__ == "__main__":
    main()
