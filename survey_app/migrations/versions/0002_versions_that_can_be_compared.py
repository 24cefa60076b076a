"""Versions that can be compared: releases, permissions, rulings, places in lines, rotating items, bridges, audit."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_subject"), "audit_entries", ["subject"])
    op.create_table(
        "instrument_releases",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_instrument_releases")),
    )
    op.create_table(
        "instrument_permissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_permissions")),
    )
    op.create_index(op.f("ix_instrument_permissions_reference"), "instrument_permissions", ["reference"])
    op.create_table(
        "level_rulings",
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ruled_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("before", "after", name=op.f("pk_level_rulings")),
    )
    op.create_table(
        "answers_apart",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_answers_apart_wave_id_waves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers_apart")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answers_apart_wave_id", "answers_apart", ["wave_id"])
    op.create_table(
        "published_measures",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("higher_is_better", sa.Boolean(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("questions", sa.String(), nullable=False),
        sa.Column("offset", sa.Double(), nullable=False),
        sa.Column("offset_error", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_published_measures_wave_id_waves")),
        sa.PrimaryKeyConstraint("wave_id", "measure", name=op.f("pk_published_measures")),
    )
    with op.batch_alter_table("pulses") as batch:
        batch.add_column(sa.Column("authorities", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("waves") as batch:
        batch.add_column(sa.Column("instrument", sa.String(), nullable=True))
        batch.add_column(sa.Column("bridge", sa.String(), nullable=True))
        batch.create_index(op.f("ix_waves_bridge"), ["bridge"])
    with op.batch_alter_table("wave_terms") as batch:
        batch.add_column(sa.Column("authorities", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("invitations") as batch:
        batch.add_column(sa.Column("rotating", sa.JSON(), nullable=False, server_default="[]"))
    _fill_in()


def downgrade() -> None:
    with op.batch_alter_table("invitations") as batch:
        batch.drop_column("rotating")
    with op.batch_alter_table("wave_terms") as batch:
        batch.drop_column("authorities")
    with op.batch_alter_table("waves") as batch:
        batch.drop_index(op.f("ix_waves_bridge"))
        batch.drop_column("bridge")
        batch.drop_column("instrument")
    with op.batch_alter_table("pulses") as batch:
        batch.drop_column("authorities")
    for table in (
        *("published_measures", "answers_apart", "level_rulings", "instrument_permissions"),
        *("instrument_releases", "audit_entries"),
    ):
        op.drop_table(table)


def _fill_in() -> None:
    """Waves of the first release: the authorities of their trees, and each version as a line of its own."""
    connection = op.get_bind()
    terms = sa.table(
        "wave_terms",
        *(sa.column("wave_id", sa.Integer), sa.column("tree", sa.JSON), sa.column("authorities", sa.JSON)),
        *(sa.column("instrument", sa.JSON), sa.column("instrument_reference", sa.String)),
    )
    waves = sa.table("waves", sa.column("id", sa.Integer), sa.column("state", sa.String))
    columns = ("wave_id", "measure", "place", "title", "higher_is_better", "series", "questions", "offset")
    measures = sa.table("published_measures", *(sa.column(name) for name in (*columns, "offset_error")))
    closed = set(connection.scalars(sa.select(waves.c.id).where(waves.c.state == "closed")))
    for row in connection.execute(sa.select(terms)).all():
        tree, instrument = (part if isinstance(part, dict) else json.loads(part) for part in (row.tree, row.instrument))
        authorities = [group[0] for group in tree["groups"] if group[2] == "authority"]
        connection.execute(terms.update().where(terms.c.wave_id == row.wave_id).values(authorities=authorities))
        if row.wave_id not in closed:
            continue
        for place, scale in enumerate(instrument["scales"]):
            connection.execute(
                measures.insert().values(
                    wave_id=row.wave_id,
                    measure=scale["id"],
                    place=place,
                    title=scale["title"].get("en") or next(iter(scale["title"].values())),
                    higher_is_better=scale["direction"] == "higher_is_better",
                    series=row.instrument_reference,
                    questions=row.instrument_reference,
                    offset=0.0,
                    offset_error=0.0,
                )
            )
