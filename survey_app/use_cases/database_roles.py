"""Roles of PostgreSQL for each kind of process, so that a stolen one can do no more than it does.

Pages take answers in and can't read them back: of ballots they see that they are there, of opened answers nothing.
Nobody but the owner changes what is written once or takes triggers away; the owner is for migrations only.
"""

from __future__ import annotations

from collections.abc import Iterator

from survey_app.extensions import Base
from survey_app.migrations.written_once import TABLES

WEB, WORKER, READER = "web", "worker", "reader"
_NOT_FOR_PAGES = ("responses", "answers_apart")
_BALLOTS_FOR_PAGES = ("tag", "wave_id")
_NOT_FOR_READERS = (
    *("responses", "answers_apart", "ballots", "invitations", "comments", "contact_points", "opt_outs", "participants"),
    *("messages", "attempts", "sessions", "sign_in_requests", "second_factors", "recovery_codes", "identities"),
    *(
        "sender_accounts",
        "api_keys",
        "api_requests",
        "webhooks",
        "roster_uploads",
        "shared_pages",
        "small_change_ideas",
    ),
    "export_orders",
)


def role_statements(prefix: str = "pulse") -> Iterator[str]:
    """SQL that makes the roles, without passwords, and grants each what it needs. It may be run again at any time."""
    tables = sorted(table.name for table in Base.metadata.sorted_tables)
    for name in (WEB, WORKER, READER):
        role = f"{prefix}_{name}"
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
            f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END $$"
        )
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
        yield f"GRANT SELECT ON alembic_version TO {role}"
    for table in tables:
        yield from _of_worker(table, f"{prefix}_{WORKER}")
        yield from _of_web(table, f"{prefix}_{WEB}")
        if table not in _NOT_FOR_READERS:
            yield f"GRANT SELECT ON {table} TO {prefix}_{READER}"
    for name in (WEB, WORKER):
        yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {prefix}_{name}"


def _of_worker(table: str, role: str) -> Iterator[str]:
    """Workers and the clock do everything but change what is written once."""
    yield f"GRANT {'SELECT, INSERT' if table in TABLES else 'SELECT, INSERT, UPDATE, DELETE'} ON {table} TO {role}"


def _of_web(table: str, role: str) -> Iterator[str]:
    """Pages put ballots in and take them out, and read no answer."""
    if table in _NOT_FOR_PAGES:
        return
    if table == "ballots":
        yield f"GRANT INSERT, UPDATE, DELETE ON {table} TO {role}"
        yield f"GRANT SELECT ({', '.join(_BALLOTS_FOR_PAGES)}) ON {table} TO {role}"
        return
    yield from _of_worker(table, role)
