"""Keep what a job was writing out of logs and out of the broker."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

P = ParamSpec("P")
R = TypeVar("R")


class DatabaseFailed(Exception):
    """A job's database failed. Names the kind of error only: its text may quote rows, and rows may be answers."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"The database could not be used ({kind}); the clock will ring again.")


def without_details(job: Callable[P, R]) -> Callable[P, R]:
    """Decorate a job: an error of the database leaves it without a word of what was being written."""

    @functools.wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return job(*args, **kwargs)
        except SQLAlchemyError as error:
            raise DatabaseFailed(type(error).__name__) from None

    return run
