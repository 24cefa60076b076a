"""Pages that leads share with their teams, digests when results are out, usual ranges that begin anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_shared_pages_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_pages")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shared_pages_token_hash")),
    )
    op.create_table(
        "new_ranges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("wave_key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_new_ranges")),
        sa.UniqueConstraint("group_key", "measure", "wave_key", name=op.f("uq_new_ranges_group_key")),
    )
    op.add_column("pulses", sa.Column("sends_digests", sa.Boolean(), nullable=False, server_default="1"))
    op.add_column("waves", sa.Column("digested_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE waves SET digested_at = closed_at WHERE closed_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("waves", "digested_at")
    op.drop_column("pulses", "sends_digests")
    op.drop_table("new_ranges")
    op.drop_table("shared_pages")
