"""Run a command inside an application, and turn what went wrong into one clear sentence."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from instruments.errors import InstrumentError
from scoring.errors import ScoringError
from survey_app.config import InvalidSetting, Settings
from survey_app.crypto.escrow import NoEscrowCopy, UnusableHolderKey
from survey_app.crypto.wave_keys import MissingWaveKey
from survey_app.use_cases.errors import UseCaseError

P = ParamSpec("P")
R = TypeVar("R")


def in_application(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command: it runs inside the application that the settings describe."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with clear_errors(), make_app().app_context():
            return command(*args, **kwargs)

    return run


def make_app(settings: Settings | None = None) -> Flask:
    """The application that these settings describe, or the environment's."""
    create_app: Callable[..., Flask] = click.get_current_context().find_root().obj
    return create_app() if settings is None else create_app(settings)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn errors that a person can mend into a sentence and exit status 2."""
    try:
        yield
    except (
        UseCaseError,
        InstrumentError,
        ScoringError,
        InvalidSetting,
        MissingWaveKey,
        NoEscrowCopy,
        UnusableHolderKey,
    ) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'A file'} cannot be used: {error.strerror}.")
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).splitlines()[0]
        if "locked" in reason:
            fail("The database is busy; nothing was changed. Try again in a minute.")
        fail(f"The database cannot be used: {reason}. `pulse db upgrade` brings its tables up to date.")


def fail(sentence: str) -> NoReturn:
    """Say what is wrong and stop with status 2."""
    click.echo(f"pulse: {sentence}", err=True)
    sys.exit(2)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Moment(click.ParamType[datetime]):
    """A moment such as 2026-12-01T09:00, in UTC unless it says otherwise."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # Any: click's
        """Read a moment."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a moment such as 2026-12-01T09:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
