"""Groups that end, and how they came out of others."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("groups", sa.Column("ended_on", sa.Date(), nullable=True))
    op.create_table(
        "group_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_changes")),
    )
    op.create_table(
        "changed_groups",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["group_changes.id"], name=op.f("fk_changed_groups_change_id_group_changes")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_changed_groups_group_id_groups")),
        sa.PrimaryKeyConstraint("change_id", "group_id", name=op.f("pk_changed_groups")),
    )
    op.create_index("ix_changed_groups_group_id", "changed_groups", ["group_id"])


def downgrade() -> None:
    op.drop_table("changed_groups")
    op.drop_table("group_changes")
    op.drop_column("groups", "ended_on")
