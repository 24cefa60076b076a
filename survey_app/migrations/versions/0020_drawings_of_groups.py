"""Drawings of groups: any number of workers share the pictures of a wave among them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_drawings",
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("programme_key", sa.String(), nullable=False),
        sa.Column("edition", sa.Uuid(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.JSON(), nullable=False),
        sa.Column("last_time", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("group_key", "is_last", name=op.f("pk_group_drawings")),
    )
    op.create_index(op.f("ix_group_drawings_programme_key"), "group_drawings", ["programme_key"])


def downgrade() -> None:
    op.drop_table("group_drawings")
