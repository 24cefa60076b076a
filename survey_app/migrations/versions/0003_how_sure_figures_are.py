"""How sure figures are: shares of favourable answers, and what a wave's answers tell of its scales."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("published_cells") as batch:
        batch.add_column(sa.Column("favourable", sa.JSON(), nullable=True))
    op.create_table(
        "reliability_cards",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_reliability_cards_wave_id_waves")),
        sa.PrimaryKeyConstraint("wave_id", "group_key", name=op.f("pk_reliability_cards")),
    )
    with op.batch_alter_table("waves") as batch:
        batch.add_column(sa.Column("described_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("waves") as batch:
        batch.drop_column("described_at")
    op.drop_table("reliability_cards")
    with op.batch_alter_table("published_cells") as batch:
        batch.drop_column("favourable")
