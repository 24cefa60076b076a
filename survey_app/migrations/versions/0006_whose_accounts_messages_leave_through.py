"""Sender accounts and their gates, wordings with versions, scopes of a wish for no more messages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("per_second", sa.Double(), nullable=False),
        sa.Column("credentials_encrypted", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["groups.id"], name=op.f("fk_sender_accounts_authority_id_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_accounts")),
        sa.UniqueConstraint("authority_id", "channel", "rank", name=op.f("uq_sender_accounts_authority_id")),
        sa.UniqueConstraint("name", name=op.f("uq_sender_accounts_name")),
    )
    op.create_table(
        "sender_gates",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("slowdown", sa.Double(), nullable=False),
        sa.Column("next_turn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sender_gates")),
    )
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("account", sa.String(), nullable=True))
        batch.add_column(sa.Column("wording_version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("attempts") as batch:
        batch.add_column(sa.Column("account", sa.String(), nullable=True))
    with op.batch_alter_table("contact_points") as batch:
        batch.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("participants") as batch:
        batch.add_column(sa.Column("hours", sa.String(), nullable=True))
    with op.batch_alter_table("opt_outs") as batch:
        batch.add_column(sa.Column("scope", sa.String(), nullable=False, server_default="all"))
    op.create_table(
        "roster_uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("absent_have_left", sa.Boolean(), nullable=False),
        sa.Column("content_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["groups.id"], name=op.f("fk_roster_uploads_authority_id_groups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_uploads")),
    )


def downgrade() -> None:
    op.drop_table("roster_uploads")
    with op.batch_alter_table("opt_outs") as batch:
        batch.drop_column("scope")
    with op.batch_alter_table("participants") as batch:
        batch.drop_column("hours")
    with op.batch_alter_table("contact_points") as batch:
        batch.drop_column("paused_until")
    with op.batch_alter_table("attempts") as batch:
        batch.drop_column("account")
    with op.batch_alter_table("messages") as batch:
        batch.drop_column("wording_version")
        batch.drop_column("account")
    op.drop_table("sender_gates")
    op.drop_table("sender_accounts")
