"""Copies of the database with what they should add up to, and how one is brought back.

Keys are never among them: a ballot in a backup stays sealed, and a wave that closes destroys its key for every copy
that there is. The copy is read back before it counts as made.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, create_engine, delete, func, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from notifications.messages import MessageState
from survey_app.crypto.vault import Vault
from survey_app.extensions import Base, db
from survey_app.models.accounts import Session
from survey_app.models.clock import ClockBeat
from survey_app.models.messages import Message
from survey_app.use_cases.auditing import note
from survey_app.use_cases.erasure import erased_since, forget_people
from survey_app.use_cases.errors import UseCaseError

BEAT = "backup"
"""The name under which the database remembers when it was last copied."""
_SUMMED = ("wave_terms", "published_measures", "published_blocks", "published_cells", "published_cuts", "audit_seals")
"""Tables whose content is added up, beside the number of rows of all."""
_MANIFEST, _SQLITE_COPY, _POSTGRESQL_COPY = "manifest.json", "database.sqlite", "database.dump"
_PROGRAM_SECONDS = 6 * 3600


class BackupFailed(UseCaseError):
    """A copy that could not be made or brought back. The sentence says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a copy should add up to: rows by table, digests of what is never changed, and the state of the tables."""

    made_at: str
    dialect: str
    revision: str
    rows: Mapping[str, int]
    digests: Mapping[str, str]


def make_backup(folder: Path, database_url: str, now: datetime) -> Path:
    """Copy the database into a new folder inside this one, read the copy back, and return the new folder.

    Raises
    ------
    BackupFailed
        The copy could not be made or does not add up; nothing is left of it but what the sentence names.
    """
    place = folder / f"pulse-{now:%Y%m%dT%H%M%SZ}"
    try:
        place.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise BackupFailed(f"{place} is there already; a backup is never written over.") from None
    is_file = database_url.startswith("sqlite")
    manifest = _copy_sqlite(place, now) if is_file else _dump_postgresql(place, database_url, now)
    (place / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True), encoding="utf-8")
    db.session.merge(ClockBeat(name=BEAT, beat_at=now))
    db.session.commit()
    return place


def restore_backup(place: Path, database_url: str) -> Manifest:
    """Bring a copy into an empty database and check that it adds up; `settle_restored` has to follow.

    Raises
    ------
    BackupFailed
        It is no backup of this kind of database, the database is not empty, or what came back does not add up.
    """
    try:
        manifest = Manifest(**json.loads((place / _MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupFailed(f"{place} is no backup: it has no {_MANIFEST} that can be read.") from error
    dialect = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    if manifest.dialect != dialect:
        raise BackupFailed(f"It is a copy of {manifest.dialect}, and DATABASE_URL names {dialect}.")
    (_put_sqlite_back if dialect == "sqlite" else _put_postgresql_back)(place, database_url)
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        _require_equal(manifest, _manifest(connection, manifest.made_at))
    return manifest


def settle_restored(manifest: Manifest, now: datetime, vault: Vault, ledger: Path, *, by: str) -> int:
    """Make a restored database fit to run, its tables being up to date; returns how many people were forgotten again.

    Sessions end. Messages that waited when the copy was made may have been sent since: they are not sent again on a
    guess. Whoever was erased since the copy was made is erased from it too, by the ledger beside the database.
    """
    db.session.execute(delete(Session))
    waited = (MessageState.PENDING, MessageState.SENDING, MessageState.UNKNOWN)
    unsure = {"state": MessageState.UNCONFIRMED, "failure_code": "restored", "lease_until": None}
    db.session.execute(
        update(Message).where(Message.state.in_(waited)).values(unsure).execution_options(synchronize_session=False)
    )
    people = erased_since(ledger, datetime.fromisoformat(manifest.made_at), vault)
    forget_people(people, vault)
    note(by, "restore a backup", "", now, made_at=manifest.made_at, erased_again=len(people))
    db.session.commit()
    return len(people)


def _copy_sqlite(place: Path, now: datetime) -> Manifest:
    copy = place / _SQLITE_COPY
    db.session.rollback()
    with closing(db.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    with closing(sqlite3.connect(copy)) as read:
        (verdict,) = read.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise BackupFailed(f"The copy in {place} is damaged: {verdict}.")
    with create_engine(f"sqlite:///{copy}", poolclass=NullPool).connect() as connection:
        return _manifest(connection, now.isoformat())


def _dump_postgresql(place: Path, database_url: str, now: datetime) -> Manifest:
    """Dump the very snapshot that is added up, whatever is written meanwhile."""
    db.session.rollback()
    copy = place / _POSTGRESQL_COPY
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={copy}", url=database_url)
        manifest = _manifest(connection, now.isoformat())
    copy.chmod(0o600)
    _run("pg_restore", "--list", str(copy))
    return manifest


def _put_sqlite_back(place: Path, database_url: str) -> None:
    target = Path(make_url(database_url).database or "")
    if target.exists():
        raise BackupFailed(f"{target} is there already: move it and its -wal and -shm away first.")
    copyfile(place / _SQLITE_COPY, target)
    target.chmod(0o600)


def _put_postgresql_back(place: Path, database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        names = inspect(connection).get_table_names()
    if names:
        raise BackupFailed("The database is not empty: make a new one and let DATABASE_URL name it.")
    _run("pg_restore", "--no-owner", "--exit-on-error", str(place / _POSTGRESQL_COPY), url=database_url)


def _run(*command: str, url: str = "") -> None:
    """Run one of PostgreSQL's own programs; the password goes by the environment, not by the command."""
    environment = dict(os.environ)
    arguments = list(command)
    if url:
        parts = make_url(url).set(drivername="postgresql")
        environment["PGPASSWORD"] = parts.password or ""
        arguments.append(f"--dbname={parts._replace(password=None).render_as_string()}")
    try:
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs, with arguments of ours
            arguments, env=environment, capture_output=True, text=True, check=True, timeout=_PROGRAM_SECONDS
        )
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is missing: install PostgreSQL's client (postgresql-client).") from error
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupFailed(f"{command[0]} failed: {reason}") from error


def _manifest(connection: Connection, made_at: str) -> Manifest:
    present = set(inspect(connection).get_table_names())
    tables = [table for table in Base.metadata.sorted_tables if table.name in present]
    return Manifest(
        made_at=made_at,
        dialect=connection.dialect.name,
        revision=MigrationContext.configure(connection).get_current_revision() or "",
        rows={table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables},
        digests={table.name: _digest(connection, table) for table in tables if table.name in _SUMMED},
    )


def _digest(connection: Connection, table: Table) -> str:
    """SHA-256 over all rows in the order of their keys, as the database itself writes their columns."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    columns = [column for column in table.columns if column.name in there]
    rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
    return _sha256(repr(tuple(row)) for row in rows)


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _require_equal(wanted: Manifest, found: Manifest) -> None:
    for name in ("rows", "digests"):
        before, after = getattr(wanted, name), getattr(found, name)
        if wrong := sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table)):
            raise BackupFailed(f"What came back does not add up: {', '.join(wrong)} differ in their {name}.")
