"""Find an instrument that somebody names: a file, a version that is shipped, or one released in this installation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import OperationalError, ProgrammingError

from instruments.definitions import Instrument
from instruments.files import read_instrument
from instruments.library import load_released, released_references
from survey_app.cli.running import make_app
from survey_app.config import InvalidSetting
from survey_app.use_cases import instrument_library

R = TypeVar("R")


def find(reference: str) -> Instrument:
    """A version by its ID@VERSION, or the instrument in a file."""
    if "@" not in reference or reference.endswith(".toml"):
        return read_instrument(Path(reference))
    if reference in released_references():
        return load_released(reference)
    with make_app().app_context():
        return instrument_library.find_instrument(reference)


def where_there_is_a_database(ask: Callable[[], R], otherwise: R) -> R:
    """Ask the installation's database; a machine without one still has what the product ships."""
    try:
        with make_app().app_context():
            return ask()
    except (InvalidSetting, OperationalError, ProgrammingError):
        return otherwise
