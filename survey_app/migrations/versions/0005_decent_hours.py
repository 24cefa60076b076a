"""Decent hours, reminders, and what providers report."""

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
    op.create_table(
        "delivery_events",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_message_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "provider", "provider_message_id", "status", "code", name=op.f("pk_delivery_events")
        ),
    )
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("absences", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("contact_points") as batch:
        batch.add_column(sa.Column("invalid_code", sa.String(), nullable=True))
    with op.batch_alter_table("pulses") as batch:
        batch.add_column(sa.Column("reminder_days", sa.JSON(), nullable=False, server_default="[3, 7]"))
    with op.batch_alter_table("waves") as batch:
        batch.add_column(sa.Column("reminders_planned", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("waves") as batch:
        batch.drop_column("reminders_planned")
    with op.batch_alter_table("pulses") as batch:
        batch.drop_column("reminder_days")
    with op.batch_alter_table("contact_points") as batch:
        batch.drop_column("invalid_code")
    with op.batch_alter_table("messages") as batch:
        batch.drop_column("absences")
        batch.drop_column("asked_at")
    op.drop_table("delivery_events")
    op.drop_table("sending_terms")
