"""How Alembic reaches the running application's database."""

from __future__ import annotations

from alembic import context

from survey_app.extensions import Base, db
from survey_app.models import tables

TABLES = tables.MODULES

with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
