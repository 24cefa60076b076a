"""How alike neighbouring waves of a programme are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_likenesses",
        sa.Column("programme_key", sa.String(), nullable=False),
        sa.Column("autocorrelation", sa.Double(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme_key", name=op.f("pk_programme_likenesses")),
    )


def downgrade() -> None:
    op.drop_table("programme_likenesses")
