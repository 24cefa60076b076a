"""Keep a family of processes running: start them, start them again when they die, end them all together."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType

_LOG = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_HEALTHY_AFTER_SECONDS = 30.0
_STOP_SECONDS = 25.0
_LOOK_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class ChildProcess:
    """A process to keep running. What others need, such as a broker, is `shared` and ends after them."""

    name: str
    command: Sequence[str]
    is_shared: bool = False


@dataclass
class _Running:
    child: ChildProcess
    process: subprocess.Popen[bytes]
    started: float
    wait_seconds: float = _FIRST_WAIT_SECONDS
    restart_at: float | None = None


class Supervisor:
    """Runs children until told to stop; a child that dies comes back, later each time it dies young."""

    def __init__(self) -> None:
        self._family: list[_Running] = []
        self.stopped = Event()

    def start(self, child: ChildProcess) -> None:
        """Start a child and keep it."""
        self._family.append(_Running(child, _spawn(child), time.monotonic()))

    def keep_running(self) -> None:
        """Watch over the family until SIGTERM or Ctrl-C, then end it."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            while not self.stopped.wait(_LOOK_SECONDS):
                self.look_after()
        finally:
            self.end()

    def look_after(self) -> None:
        """Start again whoever has died, when its time has come."""
        for running in self._family:
            _revive(running)

    def end(self) -> None:
        """Ask every child to finish, those that others need last; end what does not in time."""
        deadline = time.monotonic() + _STOP_SECONDS
        _end_all([running for running in self._family if not running.child.is_shared], deadline)
        _end_all([running for running in self._family if running.child.is_shared], deadline)
        self._family.clear()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopped.set()


def _spawn(child: ChildProcess) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(child.command),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has no threads
    )


def die_with_parent() -> None:
    """Ask Linux to end this process when the supervisor dies, whatever killed it; elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _revive(running: _Running) -> None:
    now = time.monotonic()
    if running.process.poll() is None:
        if now - running.started > _HEALTHY_AFTER_SECONDS:
            running.wait_seconds = _FIRST_WAIT_SECONDS
        return
    if running.restart_at is None:
        _end_group(running.process)
        _LOG.warning("%s ended (%s); it starts again.", running.child.name, running.process.returncode)
        running.restart_at = now + running.wait_seconds
    elif now >= running.restart_at:
        running.process = _spawn(running.child)
        running.started = now
        running.restart_at = None
        running.wait_seconds = min(running.wait_seconds * 2, _LONGEST_WAIT_SECONDS)


def _end_all(family: Sequence[_Running], deadline: float) -> None:
    for running in family:
        with contextlib.suppress(ProcessLookupError):
            running.process.terminate()
    for running in family:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(max(0.0, deadline - time.monotonic()))
        _end_session(running.process.pid)
        _end_group(running.process)


def _end_session(session: int) -> None:
    """End what a child started in process groups of their own, such as a worker's job (Linux)."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever a child left behind in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1)
