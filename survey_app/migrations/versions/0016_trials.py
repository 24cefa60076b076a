"""Messages by which a programme lead tries a pulse's wording on themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("trial_of", sa.Integer(), nullable=True))
        messages.create_foreign_key(op.f("fk_messages_trial_of_pulses"), "pulses", ["trial_of"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.drop_constraint(op.f("fk_messages_trial_of_pulses"), type_="foreignkey")
        messages.drop_column("trial_of")
