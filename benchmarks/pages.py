"""How long a lead waits for a team's page with two years of pulses on it, on the web server, several at once."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select

from benchmarks import answering
from dashboards.pages.addresses import group_path
from survey_app.app import create_app
from survey_app.cli.setup import ensure_secrets
from survey_app.config import load_settings
from survey_app.demo.seeding import DemoPlan, DemoSeed
from survey_app.extensions import MIGRATIONS, close_connections, db, settings, vault
from survey_app.models.accounts import Account, Role, RoleGrant
from survey_app.processes.broker import LOOPBACK
from survey_app.use_cases.access import viewer_of
from survey_app.use_cases.signing_in import start_session

WAVES, VIEWS, AT_ONCE = 24, 200, (1, 8)


def report() -> None:
    """Print a line for each size of crowd."""
    print(f"a team's page with {WAVES} waves, on SQLite")
    with _served_demo() as (server, path, cookie):
        asyncio.run(_view(server.port, path, cookie, 20, 2))
        for crowd in AT_ONCE:
            before = answering.cpu_of(server.process.pid)
            waited, size = asyncio.run(_view(server.port, path, cookie, VIEWS, crowd))
            cpu = (answering.cpu_of(server.process.pid) - before) / VIEWS * 1000
            p95 = sorted(waited)[int(len(waited) * 0.95)] * 1000
            print(
                f"  {crowd:2} at once  95 of 100 within {p95:4.0f} ms, server CPU {cpu:4.1f} ms, {size / 1024:.1f} KiB"
            )


@contextmanager
def _served_demo() -> Iterator[tuple[answering.Server, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        ensure_secrets(Path(folder))
        environment = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": "", "DEMO": "yes"}
        app = create_app(load_settings(environment))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            plan = DemoPlan(authorities=1, waves=WAVES, seed=1, today=date(2026, 11, 23))
            DemoSeed(plan, settings(), vault(), lambda _: None).run()
            account = db.session.scalars(
                select(Account).join(RoleGrant).where(RoleGrant.role == Role.TEAM_LEAD).order_by(Account.id)
            ).first()
            home = viewer_of(account).home
            reference = start_session(account.id, datetime.now(UTC), vault(), second_step=True)
            db.session.commit()
            db.session.remove()
            close_connections()
        server = answering.serve("survey_app.wsgi:app", environment)
        try:
            yield server, group_path(*home), f"session={reference}"
        finally:
            server.process.terminate()
            server.process.wait()


async def _view(port: int, path: str, cookie: str, views: int, crowd: int) -> tuple[Sequence[float], int]:
    left, waited, sizes = iter(range(views)), [], set()

    async def reader() -> None:
        connection = await asyncio.open_connection(LOOPBACK, port)
        for _ in left:
            started = time.perf_counter()
            status, size = await answering.ask(*connection, f"GET {path}", b"", cookie)
            assert status == 200
            sizes.add(size)
            waited.append(time.perf_counter() - started)
        connection[1].close()

    await asyncio.gather(*(reader() for _ in range(crowd)))
    return waited, max(sizes)
