"""Self-checks of an installation: each has a name, says what it found, and how to mend what is wrong."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from ctypes.util import find_library
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from notifications.catalogue import misfits
from notifications.messages import Channel
from survey_app.config import LOOPBACK_HOSTS, Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import MIGRATIONS, db
from survey_app.migrations.written_once import TABLES, trigger_names
from survey_app.models.clock import ClockBeat
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.backups import BEAT as BACKUP
from survey_app.use_cases.key_holders import current_holders, wave_key_statuses
from survey_app.use_cases.retention import BEAT
from survey_app.use_cases.sender_overview import all_senders

BEAT_WITHIN = timedelta(minutes=3)
RETAINED_WITHIN = timedelta(days=2)
BACKED_UP_WITHIN = timedelta(hours=26)
FREE_BYTES = 2**30

_QUIET_POSTGRESQL: Mapping[str, frozenset[str]] = {
    "track_commit_timestamp": frozenset({"off"}),
    "log_statement": frozenset({"none", "ddl"}),
    "log_parameter_max_length": frozenset({"0"}),
    "log_parameter_max_length_on_error": frozenset({"0"}),
}
"""So that neither times of rows nor what is written reach a log: `log_parameter_max_length` may be anything while no
statement is logged."""


class Verdict(StrEnum):
    """How a check came out."""

    WELL = "well"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One check: its id, how it came out, what was found, and what to do about it."""

    check: str
    verdict: Verdict
    found: str
    hint: str = ""


def examine(settings: Settings, vault: Vault, now: datetime) -> Iterator[Finding]:
    """Run every check. One that cannot be run is wrong, and the others run all the same."""
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("settings", partial(_settings, settings)),
        ("database", _database),
        ("written-once", _written_once),
        ("quiet-database", _quiet_database),
        ("keys", partial(_keys, vault)),
        ("key-files", partial(_key_files, settings)),
        ("waves", partial(_waves, now)),
        ("broker", partial(_broker, settings)),
        ("clock", partial(_clock, now)),
        ("retention", partial(_retention, now)),
        ("backup", partial(_backup, settings, now)),
        ("providers", partial(_providers, settings, vault, now)),
        ("disk", partial(_disk, settings)),
        ("reports", _reports),
    )
    for name, check in checks:
        try:
            yield from check()
        except (SQLAlchemyError, RedisError, OSError) as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            yield Finding(name, Verdict.WRONG, f"could not be checked: {reason}", "Mend what the sentence names.")
            db.session.rollback()


def _settings(settings: Settings) -> Iterator[Finding]:
    host = urlsplit(settings.public_base_url).hostname
    public = host not in LOOPBACK_HOSTS
    if settings.demo and public:
        yield Finding("demo", Verdict.WRONG, f"DEMO is on at {host}", "Set DEMO=no: anybody could read the outbox.")
    else:
        yield Finding("demo", Verdict.WELL, "on, on this machine only" if settings.demo else "off")
    if settings.escrow_dir.is_relative_to(settings.data_dir):
        where = f"ESCROW_DIR is inside DATA_DIR ({settings.data_dir})"
        yield Finding("escrow-folder", Verdict.WARNING, where, "Put it on another disk: one failure would take both.")


def _database() -> Iterator[Finding]:
    connection = db.session.connection()
    current = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(MIGRATIONS).get_current_head()
    if current != newest:
        yield Finding("migrations", Verdict.WRONG, f"at {current}, not at {newest}", "Run `pulse db upgrade`.")
    else:
        yield Finding("migrations", Verdict.WELL, f"{connection.dialect.name}, at {current}")


def _written_once() -> Iterator[Finding]:
    dialect = db.session.connection().dialect.name
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if dialect == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    there = set(db.session.scalars(text(query)))
    missing = sorted(table for table in TABLES if not trigger_names(table, dialect) <= there)
    if missing:
        found = f"{', '.join(missing)} could be changed"
        yield Finding("written-once", Verdict.WRONG, found, "Restore the triggers of the last migration.")
    else:
        yield Finding("written-once", Verdict.WELL, f"{len(TABLES)} tables refuse changes")


def _quiet_database() -> Iterator[Finding]:
    if db.session.connection().dialect.name == "sqlite":
        yield from _quiet_sqlite()
        return
    shown = {name: str(db.session.scalar(text(f"SHOW {name}"))) for name in _QUIET_POSTGRESQL}
    logs_statements = str(db.session.scalar(text("SHOW log_min_duration_statement"))) != "-1"
    logs_statements |= shown["log_statement"] not in _QUIET_POSTGRESQL["log_statement"]
    loud = {name for name, quiet in _QUIET_POSTGRESQL.items() if shown[name] not in quiet}
    loud -= set() if logs_statements else {"log_parameter_max_length"}
    for name in sorted(loud):
        wanted = sorted(_QUIET_POSTGRESQL[name])[-1]
        yield Finding(
            name, Verdict.WRONG, f"is {shown[name]}", f"ALTER SYSTEM SET {name} = '{wanted}' and restart PostgreSQL."
        )
    if not loud:
        yield Finding("quiet-database", Verdict.WELL, "keeps neither times of rows nor parameters")
    if db.session.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        hint = "Give the product a role of its own that owns its tables and nothing else."
        yield Finding("database-role", Verdict.WARNING, "is a superuser, whom triggers do not bind", hint)


def _quiet_sqlite() -> Iterator[Finding]:
    loud = {
        name: found
        for name, wanted in (("secure_delete", 1), ("journal_mode", "wal"), ("foreign_keys", 1))
        if (found := db.session.scalar(text(f"PRAGMA {name}"))) != wanted
    }
    rowids = [
        table
        for table in ("ballots", "responses", "answers_apart")
        if "WITHOUT ROWID" not in str(db.session.scalar(_DEFINITION, {"name": table})).upper()
    ]
    if loud or rowids:
        found = ", ".join(
            [*(f"{name} is {value}" for name, value in loud.items()), *(f"{t} has row ids" for t in rowids)]
        )
        yield Finding("quiet-database", Verdict.WRONG, found, "Restart; if it stays, restore the tables' definitions.")
    else:
        yield Finding("quiet-database", Verdict.WELL, "overwrites what it deletes and numbers no ballot")


_DEFINITION = text("SELECT sql FROM sqlite_master WHERE name = :name")


def _keys(vault: Vault) -> Iterator[Finding]:
    holders = current_holders()
    if not holders:
        hint = "Name a key holder: `pulse keys make`, then `pulse keys escrow`."
        yield Finding("key-holders", Verdict.WARNING, "nobody; a lost key loses its wave", hint)
    else:
        yield Finding("key-holders", Verdict.WELL, ", ".join(holders))
    for wave in wave_key_statuses(vault):
        is_open = wave.state in (WaveState.OPEN, WaveState.CLOSING)
        if is_open and not wave.is_here:
            hint = f"pulse keys restore {wave.wave} --with FILE"
            yield Finding("wave-key", Verdict.WRONG, f"{wave.wave} has lost its key", hint)
        if is_open and (without := sorted(set(holders) - set(wave.copies))):
            found = f"{wave.wave} has no copy for {', '.join(without)}"
            yield Finding(
                "escrow", Verdict.WRONG, found, "Name them again under another name, or make ESCROW_DIR writable."
            )
        if wave.destroyed_at is not None and (wave.is_here or wave.copies):
            found = f"{wave.wave} is closed and its key is back"
            yield Finding("wave-key", Verdict.WRONG, found, "Delete the file, and find out who restored it.")


def _key_files(settings: Settings) -> Iterator[Finding]:
    folders = [path for path in (settings.keys_dir, settings.escrow_dir) if path.exists()]
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    open_to_others = [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.is_file()]
    open_to_others += [path for path in folders if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_to_others:
        found = f"{open_to_others[0]} can be read by others"
        yield Finding("key-files", Verdict.WRONG, found, f"chmod -R go-rwx {folders[0]}")
    else:
        yield Finding("key-files", Verdict.WELL, "only this account reads them")


def _waves(now: datetime) -> Iterator[Finding]:
    late = db.session.scalars(
        select(Wave.key).where(
            Wave.state.in_((WaveState.OPEN, WaveState.CLOSING)), Wave.closes_at < now - timedelta(hours=1)
        )
    ).all()
    undone = db.session.scalar(
        select(func.count())
        .select_from(Wave)
        .where(Wave.state == WaveState.CLOSED, (Wave.key_destroyed_at.is_(None)) | (Wave.compacted_at.is_(None)))
    )
    if late:
        found = f"{', '.join(late)} should have closed"
        yield Finding("waves", Verdict.WRONG, found, "Look at the clock and the worker `work`, or `pulse waves close`.")
    elif undone:
        found = f"{undone} closed waves are not cleared away yet"
        yield Finding("waves", Verdict.WARNING, found, "The clock tries again; somebody may be reading the database.")
    else:
        yield Finding("waves", Verdict.WELL, "every wave whose time is over is closed and cleared away")


def _broker(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        yield Finding("broker", Verdict.WELL, "`pulse up` starts its own")
        return
    client = Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        client.ping()
    except RedisError as error:
        hint = "Start it, or mend REDIS_URL. Nothing is lost meanwhile: the database is the queue."
        yield Finding("broker", Verdict.WRONG, str(error), hint)
    else:
        yield Finding("broker", Verdict.WELL, "answers")
    finally:
        client.close()


def _clock(now: datetime) -> Iterator[Finding]:
    beat = _last_beat("clock")
    if beat is None or now - beat > BEAT_WITHIN:
        found = "has never gone round" if beat is None else f"last went round at {beat:%Y-%m-%d %H:%M} UTC"
        yield Finding("clock", Verdict.WRONG, found, "Start `pulse clock`: without it no wave opens or closes.")
    else:
        yield Finding("clock", Verdict.WELL, "goes round")


def _retention(now: datetime) -> Iterator[Finding]:
    beat = _last_beat(BEAT)
    if beat is None or now - beat > RETAINED_WITHIN:
        found = "has never run" if beat is None else f"last ran at {beat:%Y-%m-%d %H:%M} UTC"
        yield Finding("retention", Verdict.WARNING, found, "The clock runs it daily; `pulse retention run` does too.")
    else:
        yield Finding("retention", Verdict.WELL, "runs every day")


def _backup(settings: Settings, now: datetime) -> Iterator[Finding]:
    beat = _last_beat(BACKUP)
    if beat is not None and now - beat <= BACKED_UP_WITHIN:
        yield Finding("backup", Verdict.WELL, f"made at {beat:%Y-%m-%d %H:%M} UTC")
    elif not settings.demo:
        found = "none was ever made" if beat is None else f"the last is of {beat:%Y-%m-%d %H:%M} UTC"
        yield Finding("backup", Verdict.WARNING, found, "Let `pulse backup FOLDER` run every night.")


def _last_beat(name: str) -> datetime | None:
    return db.session.scalar(select(ClockBeat.beat_at).where(ClockBeat.name == name))


def _providers(settings: Settings, vault: Vault, now: datetime) -> Iterator[Finding]:
    senders = list(all_senders(settings, vault, now))
    for name, channel in (("email", Channel.EMAIL), ("texts", Channel.SMS)):
        if any(sender.channel == channel for sender in senders):
            yield Finding(name, Verdict.WELL, "has a provider")
        else:
            setting = "SMTP_URL" if channel is Channel.EMAIL else "the TWILIO_… settings"
            hint = f"Set {setting} or add an account (`pulse senders add`), or nobody is reached this way."
            yield Finding(name, Verdict.WARNING, "has no provider", hint)
    for sender in senders:
        if sender.is_ill:
            hint = "Look at the provider's account: nothing leaves through this one, and nothing is lost meanwhile."
            yield Finding(f"sender {sender.name}", Verdict.WRONG, f"is {sender.state}", hint)
    for misfit in misfits(settings.public_base_url):
        yield Finding("wordings", Verdict.WARNING, f"{misfit.wording} {misfit.reason}", "Shorten PUBLIC_BASE_URL.")


def _reports() -> Iterator[Finding]:
    if find_library("pango-1.0"):
        yield Finding("reports", Verdict.WELL, "can be made as PDF")
    else:
        hint = "Install Pango (Debian: libpango-1.0-0 and libpangoft2-1.0-0); every other export works without it."
        yield Finding("reports", Verdict.WARNING, "can't be made as PDF: Pango is not here", hint)


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data_dir).free
    verdict = Verdict.WELL if free > FREE_BYTES else Verdict.WRONG
    yield Finding(
        "disk",
        verdict,
        f"{free / 2**30:.1f} GiB free in {settings.data_dir}",
        "" if verdict is Verdict.WELL else "Make room.",
    )
