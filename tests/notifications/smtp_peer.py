"""A mail server that misbehaves where it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from survey_app.processes.broker import LOOPBACK


class SmtpPeer:
    """Speaks SMTP line by line; `fault` names the step at which it misbehaves, and how."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.accepted: list[bytes] = []
        self.lines: list[str] = []
        self.connections = 0
        self._current: socket.socket | None = None
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, also for a connection that nobody took leave of."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(5)

    def hang_up(self) -> None:
        """Break the connection off."""
        if self._current is not None:
            with suppress(OSError):
                self._current.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._current = connection
            with connection, connection.makefile("rwb", buffering=0) as wire, suppress(OSError):
                self._talk(wire)

    def _talk(self, wire) -> None:
        def say(line: str) -> None:
            wire.write(line.encode() + b"\r\n")

        if self.fault == "greeting 554":
            say("554 No")
            return
        say("220 peer")
        while command := wire.readline().strip():
            self.lines.append(command.decode("latin-1"))
            verb = command.split(b":")[0].split()[0].upper().decode("latin-1")
            if self.fault == f"drop at {verb}":
                return
            if answer := self._as_told(verb):
                say(answer)
            elif verb == "DATA":
                say("354 Go on")
                self._take(wire, say)
                if self.fault in {"drop after dot", "silence after dot"}:
                    return
            else:
                say("250 OK")

    def _as_told(self, verb: str) -> str:
        if verb == "EHLO" and self.fault.startswith("extensions "):
            return f"250-peer\r\n250 {self.fault.split()[1]}"
        return f"{self.fault.split()[1]} as told" if self.fault.startswith(f"{verb} ") else ""

    def _take(self, wire, say) -> None:
        lines = []
        while (line := wire.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line)
        if self.fault == "drop after dot":
            return
        if self.fault == "silence after dot":
            threading.Event().wait(1.5)
            return
        if self.fault.startswith("dot "):
            say(f"{self.fault.split()[1]} as told")
            return
        self.accepted.append(b"".join(lines))
        say("250 taken")


@contextmanager
def smtp_peer(fault: str = "") -> Iterator[SmtpPeer]:
    """Run a peer for the length of a test."""
    peer = SmtpPeer(fault)
    try:
        yield peer
    finally:
        peer.close()
