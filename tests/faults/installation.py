"""Processes of the product as they run on a host, and a database server of one's own, which may be killed."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from survey_app.config import Settings
from survey_app.processes.broker import LOOPBACK, free_port

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
HAS_POSTGRESQL = bool(_BINARIES) or shutil.which("pg_ctl") is not None


@dataclass
class Host:
    """Where processes of one installation run."""

    settings: Settings
    more: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start `pulse ARGUMENTS` in a session of its own."""
        with self.log.open("ab") if self.log else contextlib.nullcontext() as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "survey_app", *arguments],
                env={**environment_of(self.settings), **self.more, **more},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def run(self, *arguments: str) -> None:
        """Run a command to its end."""
        command = [sys.executable, "-m", "survey_app", *arguments]
        subprocess.run(command, env={**environment_of(self.settings), **self.more}, check=True, capture_output=True)

    def serve(self, **more: str) -> int:
        """Start a web server and return its port, once it answers."""
        port = free_port()
        self.start("web", PORT=str(port), **more)
        wait_until_up(port)
        return port

    def end(self) -> None:
        """Kill everything at once, as when a host loses its power."""
        for process in self.processes:
            kill_session(process.pid)
            process.wait(10)
        self.processes.clear()


def environment_of(settings: Settings) -> dict[str, str]:
    """What a process finds in its environment."""
    return {
        **os.environ,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "FIELD_KEY": settings.field_key[0],
        "DEMO": "yes",
    }


def wait_until_up(port: int, seconds: float = 30.0) -> None:
    """Wait until a web server answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError("The web server does not come up.")


def processes_of_session(session: int) -> list[int]:
    """Every process of a session: what it started, and what those started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                found.append(int(entry.name))
        except (ProcessLookupError, PermissionError):
            continue
    return found


def kill_session(session: int) -> None:
    """Kill every process of a session."""
    for pid in processes_of_session(session):
        kill(pid)


def kill(pid: int) -> None:
    """Kill one process; it may be gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@dataclass
class Cluster:
    """A PostgreSQL server of a test's own."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"postgresql://postgres@{LOOPBACK}:{self.port}/postgres"

    def control(self, *arguments: str) -> None:
        """Run pg_ctl, and wait until it has done so."""
        _as_postgres(str(_program("pg_ctl")), "-D", str(self.folder), "-w", *arguments)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that keeps what it acknowledges, as in production, and may be killed."""
    folder = Path(tempfile.mkdtemp(prefix="pulse-cluster-"))
    cluster = Cluster(folder / "data", free_port())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    _as_postgres(str(_program("initdb")), "-D", str(cluster.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8")
    options = f"-p {cluster.port} -c listen_addresses={LOOPBACK} -c unix_socket_directories={folder}"
    with (cluster.folder / "postgresql.conf").open("a") as file:
        file.write(f"port = {cluster.port}\nlisten_addresses = '{LOOPBACK}'\nunix_socket_directories = '{folder}'\n")
    try:
        cluster.control("-o", options, "-l", str(folder / "log"), "start")
        yield cluster
    finally:
        cluster.control("-m", "immediate", "stop")
        shutil.rmtree(folder)


def _program(name: str) -> Path:
    return _BINARIES[-1].with_name(name) if _BINARIES else Path(shutil.which(name) or name)


def _as_postgres(*command: str) -> None:
    whole = ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp")
