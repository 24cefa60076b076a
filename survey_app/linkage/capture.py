"""What somebody who copies the disk holds: every byte of the database's files, and every row in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from survey_app.extensions import db

Rows = Sequence[Mapping[str, Any]]  # Any: whatever a column holds

TABLES = ("invitations", "ballots", "responses", "answers_apart")


@dataclass(frozen=True)
class Copy:
    """One copy: bytes as they lie on the disk, and rows of the tables that matter, as they lie in them."""

    content: bytes
    rows: Mapping[str, Rows]


def copy_everything(data_dir: Path, beside: Callable[[], bytes] = bytes) -> Copy:
    """Copy the database and what is beside it, such as logs and the broker; nothing is changed and nothing locked.

    On SQLite the bytes are those of the database, its write-ahead log and its index. On PostgreSQL they are the rows'
    own, with where they lie and which transaction wrote them: what its files and log would give away.
    """
    db.session.rollback()
    rows = {table: _rows(table) for table in TABLES}
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        files = sorted(data_dir.glob("pulse.sqlite*"))
        content = b"".join(path.read_bytes() for path in files)
    else:
        content = repr(rows).encode()
    return Copy(content + beside(), rows)


def _rows(table: str) -> Rows:
    """Every row with every column, and, on PostgreSQL, where it lies and the transaction that wrote it."""
    hidden = ", ctid::text AS lies_at, xmin::text AS written_by" if db.engine.dialect.name == "postgresql" else ""
    found = db.session.execute(text(f"SELECT *{hidden} FROM {table}"))  # noqa: S608 - names of our own tables
    return [{**row, "stored": place} for place, row in enumerate(found.mappings())]
