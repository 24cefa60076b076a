"""Resets of somebody's second step, which two programme leads decide on."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_step_resets",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_second_step_resets_account_id_accounts")),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_second_step_resets_asked_by_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_step_resets")),
    )


def downgrade() -> None:
    op.drop_table("second_step_resets")
