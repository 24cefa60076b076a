"""With a role of its own a stolen page process reads no answer, and nobody but the owner changes what was published."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.errors import InsufficientPrivilege

from dashboards.snapshots import Level
from survey_app.app import create_app
from survey_app.cli.setup import roles_command
from survey_app.extensions import close_connections, db
from survey_app.use_cases.database_roles import role_statements
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.pulses import add_pulse
from tests.factories import CORE, mixed_answers

TEAM_A = "northtown-team-a"
pytestmark = [
    pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="roles are PostgreSQL's"),
    pytest.mark.parametrize("app", ["postgresql"], indirect=True),
]


@pytest.fixture
def roles(app):
    """The roles in this test's own database, dropped afterwards."""
    prefix = f"pulse_t{os.getpid()}"
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in role_statements(prefix):
            owner.execute(statement)
    yield prefix
    db.session.remove()
    with psycopg.connect(url, autocommit=True) as owner:
        for (table,) in owner.execute("SELECT relname FROM pg_class WHERE relrowsecurity").fetchall():
            owner.execute(f"DROP POLICY {prefix}_all ON {table}")
            owner.execute(f"DROP POLICY {prefix}_of_programme ON {table}")
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for name in ("web", "worker", "reader"):
            owner.execute(f"DROP OWNED BY {prefix}_{name}")
            owner.execute(f"DROP ROLE {prefix}_{name}")


@pytest.fixture
def ask(roles):
    """Run a statement as one of the roles."""
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def run(name, statement, programme="crescendo"):
        options = f"-c role={roles}_{name} -c pulse.programme={programme}"
        with psycopg.connect(url, options=options) as connection:
            return (
                connection.execute(statement).fetchall()
                if statement.startswith("SELECT")
                else connection.execute(statement)
            )

    return run


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(8)})
    return studio.open(opened_at=datetime.now(UTC))


def test_a_pulse_is_answered_by_pages_that_cannot_read_it(wave, roles, ask):
    tokens = wave.tokens(TEAM_A)
    settings = wave.studio.app.extensions["pulse_settings"]
    other = create_app(replace(settings, database_url=f"{settings.database_url}?options=-c%20role%3D{roles}_web"))
    with other.app_context():
        client = other.test_client()
        for _ in range(2):  # again: the answers replace those before
            assert client.get(f"/p/{tokens[0]}?again=1").status_code == 200
            thanks = client.post(f"/p/{tokens[0]}", data={**dict.fromkeys(CORE, "3"), "go": "send"})
            assert "Thank you" in thanks.text
        db.session.remove()
        close_connections()
    assert ask("web", "SELECT count(tag) FROM ballots") == [(1,)]
    for secret in ("SELECT sealed FROM ballots", "SELECT * FROM responses", "SELECT answer FROM answers_apart"):
        with pytest.raises(InsufficientPrivilege):
            ask("web", secret)


FORBIDDEN = (
    "UPDATE published_cells SET score = 1",
    "DELETE FROM published_cells",
    "TRUNCATE published_cells",
    "UPDATE audit_entries SET actor = 'Eve'",
    "DELETE FROM audit_seals",
    "ALTER TABLE published_cells DISABLE TRIGGER ALL",
    "DROP TABLE responses",
)


@pytest.mark.parametrize("name", ["web", "worker", "reader"])
def test_nobody_but_the_owner_changes_what_is_written_once_or_the_tables(wave, ask, name):
    for statement in FORBIDDEN:
        with pytest.raises(InsufficientPrivilege):
            ask(name, statement)


def test_a_worker_closes_a_wave_and_a_reader_sees_figures_only(wave, ask):
    assert ask("worker", "SELECT count(*) FROM responses") == [(16,)]
    assert ask("reader", "SELECT count(*) > 0 FROM published_cells") == [(True,)]
    for table in ("contact_points", "invitations", "messages", "responses", "ballots", "comments", "sessions"):
        with pytest.raises(InsufficientPrivilege):
            ask("reader", f"SELECT * FROM {table}")


FIGURES = ("groups", "pulses", "waves", "published_cells", "published_measures", "published_blocks", "wave_terms")


def test_a_reader_sees_rows_of_the_programme_that_it_names_and_no_others(wave, ask):
    add_group("elsewhere", "Elsewhere", Level.PROGRAMME)
    add_pulse("other", "Other", run_by="Others", programme_key="elsewhere", instrument="crescendo-pulse@1.0.0")
    db.session.remove()
    for table in FIGURES:
        assert ask("reader", f"SELECT count(*) > 0 FROM {table}") == [(True,)], table
        assert ask("worker", f"SELECT count(*) > 0 FROM {table}", programme="") == [(True,)], table
        for nobody in ("", "nowhere", "northtown"):
            assert ask("reader", f"SELECT count(*) FROM {table}", programme=nobody) == [(0,)], (table, nobody)
    assert ask("reader", "SELECT key FROM pulses") == [("monthly",)]
    assert ask("reader", "SELECT key FROM pulses", programme="elsewhere") == [("other",)]
    assert ask("reader", "SELECT count(*) FROM published_cells", programme="elsewhere") == [(0,)]


def test_the_command_prints_what_can_be_run_again(roles):
    printed = CliRunner().invoke(roles_command, ["--prefix", roles]).output
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(printed)
    assert CliRunner().invoke(roles_command, ["--prefix", "x; DROP TABLE"]).exit_code == 2
