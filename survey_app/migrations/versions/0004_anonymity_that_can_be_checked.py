"""Anonymity that can be checked: publications that only grow, key holders, withdrawals, audits, tables by attribute."""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.written_once import forbid_changes, permit_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WRITTEN_ONCE = (
    "wave_terms",
    "published_measures",
    "published_blocks",
    "published_cells",
    "published_cuts",
    "reliability_cards",
    "source_columns",
    "audit_entries",
)


def upgrade() -> None:
    op.create_table(
        "key_holders",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_holders")),
    )
    op.create_table(
        "source_columns",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("column_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_source_columns_wave_id_waves")),
        sa.PrimaryKeyConstraint("wave_id", "column_hash", name=op.f("pk_source_columns")),
    )
    op.create_index(op.f("ix_source_columns_column_hash"), "source_columns", ["column_hash"])
    op.create_table(
        "disclosure_audits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waves", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_audits")),
    )
    op.create_table(
        "published_cuts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("attribute", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("likely_low", sa.Integer(), nullable=False),
        sa.Column("likely_high", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_published_cuts_wave_id_waves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_cuts")),
    )
    op.create_index(op.f("ix_published_cuts_group_key"), "published_cuts", ["group_key"])
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("shown_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("out_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_comments_wave_id_waves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_comments_wave_id"), "comments", ["wave_id"])
    with op.batch_alter_table("waves") as batch:
        batch.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("withdrawn_because", sa.String(), nullable=True))
    with op.batch_alter_table("pulses") as batch:
        batch.add_column(sa.Column("cuts", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("asks_comment", sa.Boolean(), nullable=False, server_default="0"))
    with op.batch_alter_table("wave_terms") as batch:
        batch.add_column(sa.Column("cuts", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("asks_comment", sa.Boolean(), nullable=False, server_default="0"))
    forbid_changes(op, WRITTEN_ONCE)


def downgrade() -> None:
    permit_changes(op, WRITTEN_ONCE, for_good=True)
    with op.batch_alter_table("wave_terms") as batch:
        batch.drop_column("asks_comment")
        batch.drop_column("cuts")
    with op.batch_alter_table("pulses") as batch:
        batch.drop_column("asks_comment")
        batch.drop_column("cuts")
    with op.batch_alter_table("waves") as batch:
        batch.drop_column("withdrawn_because")
        batch.drop_column("withdrawn_at")
    for table in ("comments", "published_cuts", "disclosure_audits", "source_columns", "key_holders"):
        op.drop_table(table)
