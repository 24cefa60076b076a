"""Let few requests of one process run at once: the others wait outside, whole, and not for long.

Two that run together take turns on Python's interpreter already; more only wait for one another. A request that comes
in slowly, as from a phone on a poor line, is waited for outside, where it holds up nobody. Answers have places of their
own: nobody who imports a large roster keeps them waiting.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from threading import Event, Lock
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

AT_ONCE = 2
WAIT_SECONDS = 3.0
LARGEST_BODY_BYTES = 6 * 1024 * 1024
"""More than any page takes; what says that it is larger is not read at all, and refused by the page."""
_IN_MEMORY_BYTES = 64 * 1024
_ANSWERS = "/p/"

NOT_BEFORE = "pulse.not_before"
"""In the environment: the moment (`time.monotonic`) before which nobody gets the answer, however soon it is made."""

TOO_BUSY = "pulse.too_busy"
"""In the environment of a request that has waited too long: whoever answers must not ask anything of the database."""


class Gate:
    """WSGI middleware: reads a request whole, then lets it in, or on as `TOO_BUSY` after three seconds."""

    def __init__(self, inside: WSGIApplication, at_once: int = AT_ONCE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._inside = inside
        self._for_answers, self._for_others = _Places(at_once), _Places(at_once)
        self._wait_seconds = wait_seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
            length = _length(environ)
            if 0 < length <= LARGEST_BODY_BYTES:
                body.write(environ["wsgi.input"].read(length))
                body.seek(0)
                environ["wsgi.input"] = cast("InputStream", body)
            places = self._for_answers if environ.get("PATH_INFO", "").startswith(_ANSWERS) else self._for_others
            if not places.enter(self._wait_seconds):
                environ[TOO_BUSY] = True
                return _whole(self._inside(environ, start_response))
            try:
                answer = _whole(self._inside(environ, start_response))
            finally:
                places.leave()
        time.sleep(max(0.0, environ.get(NOT_BEFORE, 0.0) - time.monotonic()))
        return answer


class _Places:
    """So many places, taken in the order of coming: a semaphore lets whoever has just left in again first."""

    def __init__(self, number: int) -> None:
        self._lock = Lock()
        self._free = number
        self._waiting: deque[Event] = deque()

    def enter(self, seconds: float) -> bool:
        """Take a place; False where none came free in time."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(seconds):
            return True
        with self._lock:
            if turn.is_set():  # it came free at the last moment
                return True
            self._waiting.remove(turn)
            return False

    def leave(self) -> None:
        """Hand a place on to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


def _whole(parts: Iterable[bytes]) -> list[bytes]:
    """Everything of an answer, before anybody else is let in."""
    try:
        return list(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _length(environ: WSGIEnvironment) -> int:
    stated = environ.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isascii() and stated.isdecimal() else 0
