"""Half an hour at half load: does memory stay flat, does anything fail?

`python -m benchmarks.soak [SECONDS] [COMPLETIONS_A_SECOND]`

The whole product runs (web, workers, clock, a broker of its own), people answer at a steady rate, each link again and
again, and leads' first pages are asked for beside them. Printed each minute: errors, how long answers took, and what
every process holds in memory.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import answering
from survey_app.cli.setup import ensure_secrets
from survey_app.processes.broker import LOOPBACK, free_port

SECONDS, A_SECOND = 1800, 120
_KINDS = ("granian", "worker send", "worker work", "clock", "redis")
_PATHS = ("/sign-in", "/privacy", "/how-anonymous", "/health/ready")


def main() -> None:
    """Soak, and say how it went."""
    seconds, rate = (int(given) for given in [*sys.argv[1:3], SECONDS, A_SECOND][:2])
    with _installation(os.environ.get("TEST_DATABASE_URL", "")) as (port, pid, links):
        first: dict[str, float] = {}
        for minute in range(max(1, seconds // 60)):
            found, waited = asyncio.run(_one_minute(port, links, rate))
            held = _memory(pid)
            first = first or held
            p95 = sorted(waited)[int(len(waited) * 0.95)] * 1000
            sizes = ", ".join(f"{name} {size:.0f}" for name, size in held.items())
            print(f"minute {minute + 1:3}: {dict(found)}, 95 of 100 within {p95:.0f} ms, MiB: {sizes}", flush=True)
        grown = {name: round(size - first.get(name, size), 1) for name, size in held.items()}
        print(f"grown since the first minute, MiB: {grown}")


@contextmanager
def _installation(url: str) -> Iterator[tuple[int, int, Sequence[str]]]:
    with tempfile.TemporaryDirectory() as folder, answering.databases(url, Path(folder)) as (_, product_url):
        ensure_secrets(Path(folder))
        port = free_port()
        environment = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": product_url, "PORT": str(port)}
        subprocess.run([sys.executable, "-m", "survey_app", "db", "upgrade"], env=environment, check=True)
        links = answering.prepare(environment)
        process = subprocess.Popen([sys.executable, "-m", "survey_app", "up"], env=environment)
        try:
            _wait(port)
            yield port, process.pid, links
        finally:
            process.terminate()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://{LOOPBACK}:{port}/health/ready", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return


async def _one_minute(port: int, links: Sequence[str], rate: int) -> tuple[Counter[int], list[float]]:
    """Begin so many completions each second, whether those before have ended or not."""
    found: Counter[int] = Counter()
    waited: list[float] = []
    started = time.perf_counter()
    under_way = []
    for number in range(rate * 60):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        under_way.append(asyncio.create_task(_complete(port, links[number % len(links)], found, waited)))
        if number % rate == 0:
            under_way.append(asyncio.create_task(_look(port, _PATHS[number // rate % len(_PATHS)], found)))
    await asyncio.gather(*under_way)
    return found, waited


async def _complete(port: int, link: str, found: Counter[int], waited: list[float]) -> None:
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    for what, body in ((f"GET /p/{link}?again=1", b""), (f"POST /p/{link}", answering.BODY)):
        status, _ = await answering.ask(reader, writer, what, body)
        found[status] += 1
    writer.close()
    waited.append(time.perf_counter() - started)


async def _look(port: int, path: str, found: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    status, _ = await answering.ask(reader, writer, f"GET {path}", b"")
    found[status] += 1
    writer.close()


def _memory(pid: int) -> dict[str, float]:
    """MiB that each process holds, by what it is and its place among its kind."""
    sizes: dict[str, float] = {}
    for each in answering.children(pid):
        command = Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        name = next(
            (kind for kind in ("granian", "worker send", "worker work", "clock", "redis") if kind in command), ""
        )
        pages = int(Path(f"/proc/{each}/statm").read_text().split()[1])
        if name:
            same = sum(known.startswith(name) for known in sizes)
            sizes[f"{name} {same + 1}"] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return sizes


if __name__ == "__main__":
    main()
