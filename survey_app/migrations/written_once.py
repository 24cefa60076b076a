"""Triggers by which the database itself refuses to change or to delete what was published.

A migration that alters such a table calls `permit_changes` first and `forbid_changes` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

TABLES = (
    "wave_terms",
    "published_measures",
    "published_blocks",
    "published_cells",
    "published_cuts",
    "reliability_cards",
    "source_columns",
    "audit_entries",
    "audit_seals",
)
"""What has these triggers at the newest migration."""

_FUNCTION = """
CREATE OR REPLACE FUNCTION pulse_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once: its rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def forbid_changes(op: Any, tables: Iterable[str]) -> None:  # Any: alembic.op is a module that acts as a proxy
    """Make rows of these tables impossible to change and to delete, on SQLite and on PostgreSQL."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(_FUNCTION)
    for table in tables:
        for statement in _postgresql(table) if postgresql else _sqlite(table):
            op.execute(statement)


def permit_changes(op: Any, tables: Iterable[str], *, for_good: bool = False) -> None:  # Any: as above
    """Take the triggers away; `for_good` what they call too, where no other table has them."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in tables:
        for act in ("change", "truncate") if postgresql else ("update", "delete"):
            op.execute(f"DROP TRIGGER {_name(table, act)}" + (f" ON {table}" if postgresql else ""))
    if postgresql and for_good:
        op.execute("DROP FUNCTION pulse_written_once")


def trigger_names(table: str, dialect: str) -> set[str]:
    """The triggers that a table written once has."""
    return {_name(table, act) for act in (("change", "truncate") if dialect == "postgresql" else ("update", "delete"))}


def _name(table: str, act: str) -> str:
    return f"written_once_{table}_{act}"


def _postgresql(table: str) -> list[str]:
    does = "EXECUTE FUNCTION pulse_written_once()"
    return [
        f"CREATE TRIGGER {_name(table, 'change')} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {does}",
        f"CREATE TRIGGER {_name(table, 'truncate')} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {does}",
    ]


def _sqlite(table: str) -> list[str]:
    refuse = f"SELECT RAISE(ABORT, '{table} is written once: its rows are neither changed nor deleted')"
    return [
        f"CREATE TRIGGER {_name(table, act)} BEFORE {act.upper()} ON {table} BEGIN {refuse}; END"
        for act in ("update", "delete")
    ]
