"""How Alembic reaches the running application's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

from survey_app.extensions import Base, db
from survey_app.models import tables

TABLES = tables.MODULES


@contextmanager
def tables_may_be_replaced(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, under the eyes of rows that refer to it; they are checked afterwards.

    https://sqlite.org/lang_altertable.html#otheralter
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()  # past SQLAlchemy, which would begin a transaction, in which this is void
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.rollback()
        if orphans := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"Rows of {sorted({row[0] for row in orphans})} refer to rows that are not there.")
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


with db.engine.connect() as connection, tables_may_be_replaced(connection):
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
