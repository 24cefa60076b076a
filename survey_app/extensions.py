"""The database as Flask sees it: one declarative base, one session, and SQLite made safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, event, text
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from survey_app.config import Settings
from survey_app.crypto.vault import Vault

MIGRATIONS = str(Path(__file__).parent / "migrations")

_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "secure_delete=ON",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
    "trusted_schema=OFF",
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Refuse a time without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table inherits."""

    registry = registry(
        metadata=MetaData(naming_convention=_NAMING),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(db=db, directory=MIGRATIONS, render_as_batch=True)


ANSWERS = "answers"
"""The bind of the answer path: connections in no transaction, to the same database."""


@dataclass(frozen=True)
class Patience:
    """How many seconds PostgreSQL gives a statement, a lock, and a transaction in which nothing happens."""

    statement: int
    lock: int
    idle: int


OF_JOBS, OF_PAGES, OF_ANSWERS = Patience(30, 10, 60), Patience(5, 2, 30), Patience(5, 2, 10)


def configure_database(app: Flask, settings: Settings, patience: Patience) -> None:
    """Bind the database to an application."""
    url = settings.database_url
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url, patience)
    app.config["SQLALCHEMY_BINDS"] = {ANSWERS: {"url": url, **_answer_options(url)}}
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            for engine in db.engines.values():
                _make_sqlite_safe(engine)
            _begin_early(db.engine)


def close_connections(*, of_parent: bool = False) -> None:
    """Close every connection of this process; after a fork, leave those of the parent to the parent."""
    for engine in db.engines.values():
        engine.dispose(close=not of_parent)


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.extensions["pulse_settings"]
    return found


def vault() -> Vault:
    """The keys of the running application."""
    found: Vault = current_app.extensions["pulse_vault"]
    return found


def wait_long_for_locks() -> None:
    """Let the running transaction wait a quarter of an hour where PostgreSQL would give up after ten seconds."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL lock_timeout = '15min'"))
        db.session.execute(text("SET LOCAL statement_timeout = '15min'"))


def _engine_options(url: str, patience: Patience) -> dict[str, Any]:  # Any: SQLAlchemy's own options
    """More connections than a web process has threads, of each kind.

    No option lets an error print what was written: it may be answers.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True}
    server = {
        "statement_timeout": patience.statement,
        "lock_timeout": patience.lock,
        "idle_in_transaction_session_timeout": patience.idle,
    }
    return {
        "hide_parameters": True,
        "pool_size": 4,
        "max_overflow": 0,
        "pool_timeout": 3,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "connect_args": {
            "options": " ".join(f"-c {name}={seconds}s" for name, seconds in server.items()),
            "connect_timeout": 3,
            "tcp_user_timeout": 10_000,  # milliseconds that a dead wire is waited for
        },
    }


def _answer_options(url: str) -> dict[str, Any]:  # Any: as above
    """Whoever asks tries again instead of asking first whether the connection lives: `stores.ballot_box`."""
    options = _engine_options(url, OF_ANSWERS)
    if url.startswith("sqlite"):
        return options  # nothing begins a transaction of itself there
    return {**options, "isolation_level": "AUTOCOMMIT", "pool_pre_ping": False, "pool_reset_on_return": None}


def _make_sqlite_safe(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # Any: the driver's connection
        connection.isolation_level = None  # SQLAlchemy's own BEGIN, below, instead of the driver's late one
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")


def _begin_early(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # Any: SQLAlchemy's connection
        reading = has_request_context() and (request.method in {"GET", "HEAD"} or g.get("only_reads", False))
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
