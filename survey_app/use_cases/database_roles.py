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
_IN_WAVES = (
    *("published_measures", "published_blocks", "published_cells", "published_cuts"),
    *("reliability_cards", "wave_terms"),
)
_FOR_READERS = {
    "groups": "id IN (SELECT pulse_groups())",
    "pulses": "programme_id IN (SELECT pulse_groups())",
    "waves": "pulse_id IN (SELECT id FROM pulses)",
    "small_changes": "group_id IN (SELECT pulse_groups())",
    "stored_charts": "group_key IN (SELECT key FROM groups)",
    **dict.fromkeys(_IN_WAVES, "wave_id IN (SELECT id FROM waves)"),
}
"""What others who look at figures may read, and which rows of it: those of the programme they name in the setting
`pulse.programme`. Who names none, or one that is not there, sees no row."""
_GROUPS_OF_PROGRAMME = """CREATE OR REPLACE FUNCTION pulse_groups() RETURNS SETOF integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
WITH RECURSIVE inside AS (
SELECT id FROM groups WHERE level = 'programme' AND key = current_setting('pulse.programme', true)
UNION ALL SELECT groups.id FROM groups JOIN inside ON groups.parent_id = inside.id
) SELECT id FROM inside $$"""


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
    yield _GROUPS_OF_PROGRAMME
    for table, rows in _FOR_READERS.items():
        yield from _of_reader(table, rows, prefix)
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


def _of_reader(table: str, rows: str, prefix: str) -> Iterator[str]:
    """Readers see rows of one programme (row-level security); pages and workers, who check for themselves, all."""
    yield f"GRANT SELECT ON {table} TO {prefix}_{READER}"
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    for policy, what in (
        ("all", f"TO {prefix}_{WEB}, {prefix}_{WORKER} USING (true) WITH CHECK (true)"),
        ("of_programme", f"FOR SELECT TO {prefix}_{READER} USING ({rows})"),
    ):
        yield f"DROP POLICY IF EXISTS {prefix}_{policy} ON {table}"
        yield f"CREATE POLICY {prefix}_{policy} ON {table} {what}"
