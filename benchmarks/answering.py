"""How many people can answer in a second, beside the least that a web form can do: in turns, on the same machine.

A completion is: the page is opened, the answers are sent, the thanks are read. Figures of one run are compared with one
another; the share of the machine that others took is printed beside them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.windows import ALWAYS
from survey_app.app import create_app
from survey_app.cli.setup import ensure_secrets
from survey_app.cli.single import GRANIAN
from survey_app.config import load_settings
from survey_app.crypto.link_tokens import invitation_token
from survey_app.extensions import close_connections, db, vault
from survey_app.models.invitations import Invitation
from survey_app.processes.broker import LOOPBACK, free_port
from survey_app.stores.sending_windows import to_terms
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group, find_group
from survey_app.use_cases.pulses import add_pulse, plan_wave

TURNS, COMPLETIONS_A_TURN = 5, 300
CROWDS = (8, 32)
_PEOPLE = TURNS * COMPLETIONS_A_TURN * len(CROWDS)
_ITEMS = (
    "belonging", "help", "heard", "difference", "fit", "shared-aim", "team-future", "small-changes", "own-future",
    "energy", "numb", "switch-off",
)  # fmt: skip
BODY = ("&".join(f"{item}=3" for item in _ITEMS) + "&go=send&language=en").encode()


@dataclass(frozen=True)
class Turn:
    """One crowd at one server: completions a second, the slowest of 20, CPU of the server, others' share of it all."""

    a_second: float
    p95_ms: float
    cpu_ms: float
    others: float


def report() -> None:
    """Print the product beside the floor, on SQLite, and on PostgreSQL where `TEST_DATABASE_URL` names one."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    for url in ("", given) if given else ("",):
        with _both_servers(url) as (floor, product, tokens):
            _print(f"answering on {'PostgreSQL' if url else 'SQLite'}", floor, product, tokens)


def _print(title: str, floor: Server, product: Server, tokens: Sequence[str]) -> None:
    print(f"{title}: {TURNS} turns of {COMPLETIONS_A_TURN} completions, the floor and the product in turn")
    left = list(tokens)
    for crowd in CROWDS:
        pairs = []
        for _ in range(TURNS):
            mine, left = left[:COMPLETIONS_A_TURN], left[COMPLETIONS_A_TURN:]
            pairs.append((floor.meet(crowd, mine), floor.meet(crowd, mine, "bare"), product.meet(crowd, mine)))
        for name, turns in zip(("floor", "barest", "product"), zip(*pairs, strict=True), strict=True):
            print(
                f"  {crowd:3} at once  {name:8} {_middle(turn.a_second for turn in turns):6.0f} a second, 95 of 100 "
                f"within {_middle(turn.p95_ms for turn in turns):5.0f} ms, server CPU "
                f"{_middle(turn.cpu_ms for turn in turns):5.2f} ms, others took "
                f"{_middle(turn.others for turn in turns):.0%}"
            )
        for place, name in enumerate(("floor", "barest")):
            ratios = [turns[-1].a_second / turns[place].a_second for turns in pairs]
            print(
                f"  {crowd:3} at once  of the {name:6} {_middle(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def _middle(values: object) -> float:
    return statistics.median(values)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Server:
    """A web server of our own."""

    process: subprocess.Popen[bytes]
    port: int

    def meet(self, crowd: int, tokens: Sequence[str], folder: str = "p") -> Turn:
        """Let so many people at once complete a pulse each, one after another."""
        before, machine = cpu_of(self.process.pid), _machine()
        own = time.process_time()
        started = time.perf_counter()
        waited = asyncio.run(_complete_all(self.port, crowd, tokens, folder))
        seconds = time.perf_counter() - started
        used = cpu_of(self.process.pid) - before
        busy, total = (after - past for after, past in zip(_machine(), machine, strict=True))
        others = max(0.0, busy - used - (time.process_time() - own)) / total
        return Turn(
            len(tokens) / seconds, sorted(waited)[int(len(waited) * 0.95)] * 1000, used / len(tokens) * 1000, others
        )


async def _complete_all(port: int, crowd: int, tokens: Sequence[str], folder: str) -> list[float]:
    left = iter(tokens)
    waited: list[float] = []

    async def person() -> None:
        for token in left:
            started = time.perf_counter()
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            opened, _ = await ask(reader, writer, f"GET /{folder}/{token}", b"")
            sent, _ = await ask(reader, writer, f"POST /{folder}/{token}", BODY)
            if (opened, sent) != (200, 200):
                raise RuntimeError(f"Opening /{folder} answered {opened}, sending {sent}.")
            writer.close()
            waited.append(time.perf_counter() - started)

    await asyncio.gather(*(person() for _ in range(crowd)))
    return waited


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: str, body: bytes, cookie: str = ""
) -> tuple[int, int]:
    """Ask for a page on a connection, read it whole, and return its status and how many bytes it has."""
    cookies = f"Cookie: {cookie}\r\n" if cookie else ""
    kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
    head = f"{what} HTTP/1.1\r\nHost: {LOOPBACK}\r\nAccept-Encoding: gzip\r\n{cookies}{kind}"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in answer if line.startswith(b"content-length"))
    await reader.readexactly(length)
    return int(answer[0].split()[1]), length


@contextlib.contextmanager
def _both_servers(url: str) -> Iterator[tuple[Server, Server, list[str]]]:
    """The floor and the product, each with a database of its own of the same kind."""
    logging.getLogger("survey_app").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, databases(url, Path(folder)) as (floor_url, product_url):
        ensure_secrets(Path(folder))
        environment = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": product_url, "FLOOR_DATABASE_URL": floor_url}
        environment["PUBLIC_BASE_URL"] = f"http://{LOOPBACK}"
        subprocess.run(
            [sys.executable, "-m", "survey_app", "db", "upgrade"], env=environment, check=True, capture_output=True
        )
        tokens = prepare(environment)
        servers = [serve(target, environment) for target in ("benchmarks.floor:app", "survey_app.wsgi:app")]
        try:
            yield servers[0], servers[1], tokens
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait()


@contextlib.contextmanager
def databases(url: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of a kind: for the floor, and for the product."""
    make = "CREATE TABLE floor_answers (id text PRIMARY KEY, given text)"
    if not url:
        with contextlib.closing(sqlite3.connect(folder / "floor.sqlite")) as connection:
            connection.execute(make)
        yield f"sqlite:///{folder / 'floor.sqlite'}", ""
        return
    base = url.rpartition("/")[0]
    names = [f"pulse_bench_{name}_{os.getpid()}" for name in ("floor", "product")]
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(f"{base}/{names[0]}", autocommit=True) as connection:
        connection.execute(make)
    try:
        yield f"{base}/{names[0]}", f"{base}/{names[1]}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def prepare(environment: dict[str, str]) -> list[str]:
    """A wave, and a link for everybody of it."""
    app = create_app(load_settings(environment))
    with app.app_context():
        add_group("programme", "Programme", Level.PROGRAMME)
        add_group("authority", "Authority", Level.AUTHORITY, "programme")
        db.session.merge(to_terms(find_group("authority", Level.AUTHORITY).id, ALWAYS))
        lines = ["staff_ref,email,team,service_area"]
        lines += [f"P{each},p{each}@staff.example.org,Team {each // 10},Area" for each in range(_PEOPLE)]
        import_roster("authority", "\n".join(lines).encode(), date(2026, 1, 1), vault())
        add_pulse("pulse", "Pulse", run_by="Us", programme_key="programme", instrument="crescendo-pulse@1.1.0")
        now = datetime.now(UTC)
        wave = plan_wave("pulse", "wave", label="Wave", opens_at=now, closes_at=now + timedelta(days=9))
        open_wave(wave, now, vault())
        tokens = [invitation_token(vault().link_key, each) for each in db.session.scalars(select(Invitation.id))]
        db.session.remove()
        close_connections()
    return tokens


def serve(target: str, environment: dict[str, str]) -> Server:
    """Serve an application as `pulse web` does, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "granian", *GRANIAN, "--host", LOOPBACK, "--port", str(port), target]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://{LOOPBACK}:{port}/p/none", timeout=1).close()
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
        else:
            break
    return Server(process, port)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children, those that live."""
    ticks = 0
    for each in [pid, *children(pid)]:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Every process that descends from one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


def _machine() -> tuple[float, float]:
    """CPU seconds of the whole machine: busy, and in all."""
    numbers = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    ticks = os.sysconf("SC_CLK_TCK")
    idle = numbers[3] + numbers[4]
    return (sum(numbers) - idle) / ticks, sum(numbers) / ticks
