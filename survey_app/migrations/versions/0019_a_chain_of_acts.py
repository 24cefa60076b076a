"""Seals over the log of acts, each over the one before it."""

import sqlalchemy as sa
from alembic import op

from survey_app.migrations.written_once import forbid_changes, permit_changes

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WRITTEN_ONCE = ("audit_seals",)


def upgrade() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entries.id"], name=op.f("fk_audit_seals_entry_id_audit_entries")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
    )
    forbid_changes(op, WRITTEN_ONCE)


def downgrade() -> None:
    permit_changes(op, WRITTEN_ONCE)
    op.drop_table("audit_seals")
