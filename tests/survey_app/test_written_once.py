"""What was published is never changed: the database itself refuses, on both databases."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from survey_app.extensions import db
from survey_app.migrations.written_once import TABLES, trigger_names
from tests.factories import mixed_answers


@pytest.fixture
def published(studio):
    studio.set_up({"Team A": 6})
    studio.run_wave({"northtown-team-a": mixed_answers(6)})
    return studio


@pytest.mark.parametrize("statement", ["UPDATE {} SET wave_id = 99", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["wave_terms", "published_measures", "published_blocks", "published_cells"])
def test_no_row_of_a_publication_can_be_changed_or_deleted(published, table, statement):
    before = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
    assert before
    with pytest.raises(DatabaseError, match="is written once"):
        db.session.execute(text(statement.format(table)))
    db.session.rollback()
    assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == before


def test_a_publication_cannot_be_emptied_at_once_either(published):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="is written once"):
        db.session.execute(text("TRUNCATE published_cells"))
    db.session.rollback()


@pytest.mark.parametrize("table", TABLES)
def test_every_table_that_is_written_once_has_its_triggers(app, table):
    dialect = db.engine.dialect.name
    found = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
    )
    assert set(db.session.scalars(text(found), {"table": table})) == trigger_names(table, dialect)
    assert inspect(db.session.connection()).has_table(table)
