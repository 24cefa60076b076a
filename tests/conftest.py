"""Real peers for every test that needs one: databases, a broker, a mail server, a text peer."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import text
from xdist.scheduler import LoadScopeScheduling

from survey_app.app import create_app
from survey_app.config import Settings, load_settings
from survey_app.demo.mail_peer import start_mail_server
from survey_app.demo.text_peer import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    MESSAGING_SERVICE_SID,
    TextPeer,
    start_text_peer,
)
from survey_app.extensions import Base, close_connections, db
from survey_app.processes.broker import LOOPBACK, free_port, prepare_broker
from tests.factories import Studio

MIGRATIONS = str(Path(__file__).parent.parent / "survey_app" / "migrations")
DATABASES = ["sqlite", *(["postgresql"] if os.environ.get("TEST_DATABASE_URL") else [])]
BROKERS = ["embedded", *(["given"] if os.environ.get("TEST_REDIS_URL") else [])]

HAS_PANGO = find_library("pango-1.0") is not None
"""What lays out text in PDF files: `make browser` brings it along."""

FOREIGN_FILES = Path(__file__).parent.parent / "build" / "foreign"

hypothesis_settings.register_profile(
    "pulse", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=100
)
hypothesis_settings.load_profile("pulse")


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    return {"SECRET_KEY": "a secret of forty characters for tests..", "FIELD_KEY": Fernet.generate_key().decode()}


@pytest.fixture
def settings(tmp_path: Path, keys: dict[str, str]) -> Settings:
    return load_settings({**keys, "DATA_DIR": str(tmp_path / "data"), "DEMO": "yes"})


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]) -> Path:
    """An empty database at the newest migration, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app(load_settings({**keys, "DATA_DIR": str(folder)}))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        close_connections()
    return folder / "pulse.sqlite"


@pytest.fixture(scope="session")
def postgresql_url(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this test process's own, at the newest migration."""
    base = os.environ["TEST_DATABASE_URL"]
    name = f"pulse_{os.getpid()}_{int(time.time())}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = base.rsplit("/", 1)[0] + "/" + name
    app = create_app(load_settings({**keys, "DATA_DIR": str(tmp_path_factory.mktemp("pg")), "DATABASE_URL": url}))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        close_connections()
    yield url
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def app(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Flask]:
    """An application on an empty database, inside its context: on SQLite, and on PostgreSQL where one is given."""
    made = create_app(prepare_database(request, settings, request.param))
    with made.app_context():
        yield made
        db.session.remove()
        if request.param == "postgresql":
            _empty(made)
        close_connections()


def prepare_database(request: pytest.FixtureRequest, settings: Settings, kind: str) -> Settings:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        return replace(settings, database_url=url.replace("postgresql://", "postgresql+psycopg://"))
    shutil.copy(request.getfixturevalue("migrated_sqlite"), settings.data_dir / "pulse.sqlite")
    return settings


def _empty(app: Flask) -> None:
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    db.session.execute(
        text("SET LOCAL session_replication_role = replica")
    )  # past the triggers of what is written once
    db.session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    db.session.commit()


@pytest.fixture
def studio(app: Flask) -> Studio:
    """Builds programmes, waves and answers through the use cases."""
    return Studio(app)


@dataclass
class Peers:
    """The demo's providers, running in threads of the test."""

    settings: Settings
    folder: Path


@pytest.fixture
def demo_peers(settings: Settings) -> Iterator[Peers]:
    mail_port, text_port = free_port(), free_port()
    folder = settings.mailbox_dir
    mail = start_mail_server(folder, mail_port)
    texts = start_text_peer(TextPeer(folder), text_port)
    thread = threading.Thread(target=texts.serve_forever, daemon=True)
    thread.start()
    configured = replace(
        settings,
        smtp_url=f"smtp://{LOOPBACK}:{mail_port}",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_messaging_service_sid=MESSAGING_SERVICE_SID,
        twilio_base_url=f"http://{LOOPBACK}:{text_port}",
    )
    yield Peers(configured, folder)
    mail.stop()
    texts.shutdown()
    texts.server_close()
    thread.join()


@pytest.fixture(scope="session", params=BROKERS)
def broker_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker: the embedded one always, and a Redis where one is given."""
    if request.param == "given":
        url = _redis_of_this_process(os.environ["TEST_REDIS_URL"])
        client = redis.Redis.from_url(url)
        client.flushdb()
        yield url
        client.flushdb()
        client.close()
        return
    broker = prepare_broker()
    process = subprocess.Popen(broker.command)
    _wait_for(broker.url)
    yield broker.url
    process.terminate()
    process.wait()
    shutil.rmtree(broker.folder)


def _redis_of_this_process(url: str) -> str:
    """The given database, or one after it where tests run in several processes: they would empty each other's."""
    base, _, number = url.rpartition("/")
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"{base}/{int(number) + process}" if number.isdigit() else url


def _wait_for(url: str) -> None:
    client = redis.Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            client.close()
            return
    raise RuntimeError("The broker did not start.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tried, and why."""
    peers = FOREIGN_FILES.parent / "peers" / "complete"
    has = {
        "PostgreSQL (set TEST_DATABASE_URL)": "postgresql" in DATABASES,
        "a given Redis (set TEST_REDIS_URL)": "given" in BROKERS,
        "the browser journeys (make browser)": shutil.which("chromium") is not None,
        "files of others in the importers (make foreign)": FOREIGN_FILES.is_dir(),
        "peers of others: Prism, a segment calculator, collected bounces (make peers)": peers.exists(),
        "PDF (Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0)": HAS_PANGO,
        "Postfix (make peers, as root)": Path("/usr/sbin/postfix").exists(),
    }
    missing = [what for what, is_here in has.items() if not is_here]
    if missing:
        terminalreporter.write_line("NOT TESTED HERE: " + "; ".join(missing), yellow=True, bold=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes long: two workers then end at the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


class _OneProduct(LoadScopeScheduling):
    """Tests go to whichever worker is free, but for the journeys, which share one running product."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "journeys" if "/journeys/test_" in path and path not in _JOURNEYS_ALONE else nodeid


_ALONE = ("dev_sets_up_a_programme", "every_state_of_the_pulse", "leads_before_the_first_wave", "lighthouse")
_JOURNEYS_ALONE = {f"tests/journeys/test_{name}.py" for name in _ALONE}


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Not `--dist loadgroup`: its groups are lost with pytest 9.2, and two products were started."""
    return _OneProduct(config, log)
