"""Small changes by the programme's template, ideas for them, and the local blueprint."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TEXTS = ("aims", "opposite", "mission", "helps", "how_it_went")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("small_changes", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("small_changes", sa.Column("measure", sa.String(), nullable=True))
    op.add_column("small_changes", sa.Column("review_on", sa.Date(), nullable=True))
    op.add_column("small_changes", sa.Column("decision", sa.String(), nullable=True))
    op.add_column("small_changes", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "small_change_ideas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("suggested_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_small_change_ideas_group_id_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_small_change_ideas")),
    )
    op.create_index("ix_small_change_ideas_group_id", "small_change_ideas", ["group_id"])
    op.create_table(
        "blueprint_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("small_change_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("passed_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["groups.id"], name=op.f("fk_blueprint_items_authority_id_groups")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_blueprint_items_group_id_groups")),
        sa.ForeignKeyConstraint(
            ["small_change_id"], ["small_changes.id"], name=op.f("fk_blueprint_items_small_change_id_small_changes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint_items")),
    )
    op.create_index("ix_blueprint_items_authority_id", "blueprint_items", ["authority_id"])
    op.create_index("ix_blueprint_items_group_id", "blueprint_items", ["group_id"])


def downgrade() -> None:
    op.drop_table("blueprint_items")
    op.drop_table("small_change_ideas")
    with op.batch_alter_table("small_changes") as changes:
        for name in ("version", "decision", "review_on", "measure", *reversed(_TEXTS)):
            changes.drop_column(name)
