"""Time the delivery of messages through a provider that takes 50 ms, and a page's wait while the broker is down."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

from flask import Flask
from redis import Redis
from sqlalchemy import func, select

from dashboards.snapshots import Level
from notifications.messages import MessageState
from notifications.windows import ALWAYS
from survey_app.app import create_app
from survey_app.cli.setup import ensure_secrets
from survey_app.config import Settings, load_settings
from survey_app.extensions import close_connections, db, vault
from survey_app.models.accounts import Role
from survey_app.models.messages import Message
from survey_app.processes.broker import LOOPBACK, free_port, prepare_broker
from survey_app.queues import ring_delivery
from survey_app.stores.outbox import due_messages
from survey_app.stores.sending_windows import to_terms
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group, find_group
from survey_app.use_cases.people import add_account
from survey_app.use_cases.pulses import add_pulse, plan_wave

MESSAGES = 400
PROVIDER_SECONDS = 0.05


def report() -> None:
    """Print messages a second for one and two workers, and how long a page waits for a broker that is not well."""
    print(f"delivery, {MESSAGES} texts through a provider that takes {PROVIDER_SECONDS * 1000:.0f} ms, on SQLite")
    for workers in (1, 2):
        with installation(MESSAGES) as app, app.app_context():
            seconds = _deliver(workers)
            print(f"  {workers} worker{'s' if workers > 1 else ' '}  {MESSAGES / seconds:6.1f} messages a second")
    print("asking for a sign-in link, wall milliseconds (median, worst of 30)")
    with installation(MESSAGES) as app:
        for name, wait in _waits(app).items():
            print(f"  {name:28} {statistics.median(wait):6.1f} {max(wait):6.1f}")


@contextlib.contextmanager
def installation(people: int) -> Iterator[Flask]:
    """A wave of texts to so many people that wait, with a broker and a provider of its own."""
    logging.getLogger("survey_app").setLevel(logging.ERROR)
    broker = prepare_broker()
    process = subprocess.Popen(broker.command)
    provider = ThreadingHTTPServer((LOOPBACK, 0), _SlowProvider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        ensure_secrets(Path(folder))
        os.environ.update(
            DATA_DIR=folder,
            REDIS_URL=broker.url,
            PUBLIC_BASE_URL="http://127.0.0.1:8000",
            TWILIO_ACCOUNT_SID="AC" + "0" * 32,
            TWILIO_AUTH_TOKEN="t" * 32,
            TWILIO_MESSAGING_SERVICE_SID="MG" + "0" * 32,
            TWILIO_BASE_URL=f"http://{LOOPBACK}:{provider.server_address[1]}",
        )
        subprocess.run([sys.executable, "-m", "survey_app", "db", "upgrade"], check=True, capture_output=True)
        app = create_app(load_settings(os.environ))
        with app.app_context():
            _plan(people)
        yield app
        with app.app_context():
            close_connections()
    provider.shutdown()
    process.terminate()
    process.wait()


class _SlowProvider(BaseHTTPRequestHandler):
    """Answers as Twilio does, after a while."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(PROVIDER_SECONDS)
        body = json.dumps({"sid": f"SM{uuid4().hex}", "status": "accepted"}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _plan(people: int) -> None:
    add_group("programme", "Programme", Level.PROGRAMME)
    add_group("authority", "Authority", Level.AUTHORITY, "programme")
    db.session.merge(to_terms(find_group("authority", Level.AUTHORITY).id, ALWAYS))
    lines = ["staff_ref,mobile,email,team,service_area"]
    lines += [f"P{each},07400{each:06d},,Team {each // 10},Area" for each in range(people)]
    import_roster("authority", "\n".join(lines).encode(), date(2026, 1, 1), vault())
    add_pulse("pulse", "Pulse", run_by="Us", programme_key="programme", instrument="crescendo-pulse@1.1.0")
    for number in range(30):
        add_account(f"Lead {number}", f"lead{number}@example.org", Role.PROGRAMME_LEAD, "programme", vault())
    now = datetime.now(UTC)
    wave = plan_wave("pulse", "wave", label="Wave", opens_at=now, closes_at=now + timedelta(days=9))
    open_wave(wave, now, vault())


def _deliver(workers: int) -> float:
    """Seconds from the first message handed over to the last; the start of the workers is not part of it."""
    command = [sys.executable, "-m", "survey_app", "worker", "send"]
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(workers)]
    broker = Redis.from_url(os.environ["REDIS_URL"])
    while broker.scard("rq:workers") < workers:
        time.sleep(0.05)
    started = time.perf_counter()
    ring_delivery(os.environ["REDIS_URL"], due_messages(datetime.now(UTC)), datetime.now(UTC))
    while _handed_over() < MESSAGES:
        time.sleep(0.1)
        if time.perf_counter() - started > 10 * PROVIDER_SECONDS * MESSAGES:
            raise TimeoutError(f"{_handed_over()} of {MESSAGES} messages were handed over.")
        ring_delivery(os.environ["REDIS_URL"], due_messages(datetime.now(UTC)), datetime.now(UTC))
    seconds = time.perf_counter() - started
    for worker in running:
        worker.terminate()
        worker.wait()
    return seconds


def _handed_over() -> int:
    count = db.session.scalar(select(func.count()).where(Message.state == MessageState.ACCEPTED)) or 0
    db.session.rollback()
    return count


def _waits(app: Flask) -> dict[str, list[float]]:
    """How long a page takes that rings the doorbell, by how the broker is."""
    well: Settings = app.extensions["pulse_settings"]
    with socket.create_server((LOOPBACK, 0)) as silent:
        brokers = {
            "broker well": well.redis_url,
            "broker down": f"redis://{LOOPBACK}:{free_port()}/0",
            "broker that never answers": f"redis://{LOOPBACK}:{silent.getsockname()[1]}/0",
            "broker that nobody reaches": "redis://192.0.2.1:6379/0",
        }
        return {name: _ask_for_links(replace(well, redis_url=url)) for name, url in brokers.items()}


def _ask_for_links(settings: Settings) -> list[float]:
    client = create_app(settings).test_client()
    waited = []
    for number in range(30):
        started = time.perf_counter()
        answer = client.post("/sign-in", data={"email": f"lead{number}@example.org"})
        waited.append((time.perf_counter() - started) * 1000)
        if answer.status_code >= 400:
            raise RuntimeError(answer.text)
    return waited
