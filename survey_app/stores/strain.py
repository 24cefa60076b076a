"""When the database fails, most questions are refused at once instead of queueing until browsers give up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

SECONDS = 1.0
"""So long after a question has failed, one at a time tries whether the database is back."""


class DatabaseStrained(SQLAlchemyError):
    """The database has just failed somebody, and somebody else is trying it. Whoever asked may come again."""


class Strain:
    """What one process knows of how its database does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way = 0
        self._failed_at = float("-inf")

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A question is under way; raise `DatabaseStrained` where it had better not be asked now."""
        with self._lock:
            if self._under_way and time.monotonic() - self._failed_at < SECONDS:
                raise DatabaseStrained
            self._under_way += 1
        try:
            yield
        except (OperationalError, NoConnection):
            self._failed_at = time.monotonic()
            raise
        finally:
            with self._lock:
                self._under_way -= 1
