"""Decent hours: when each authority's messages may leave, and reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sending_terms",
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("nation", sa.String(), nullable=True),
        sa.Column("opens", sa.String(), nullable=False),
        sa.Column("closes", sa.String(), nullable=False),
        sa.Column("days", sa.String(), nullable=False),
        sa.Column("closures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["groups.id"], name=op.f("fk_sending_terms_authority_id_groups")),
        sa.PrimaryKeyConstraint("authority_id", name=op.f("pk_sending_terms")),
    )
    with op.batch_alter_table("pulses") as batch:
        batch.add_column(sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[3, 7]"))
    with op.batch_alter_table("waves") as batch:
        batch.add_column(sa.Column("reminders_planned", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("waves") as batch:
        batch.drop_column("reminders_planned")
    with op.batch_alter_table("pulses") as batch:
        batch.drop_column("reminder_days")
    op.drop_table("sending_terms")
