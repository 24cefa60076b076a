"""Themes that small changes share across teams."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("small_changes", sa.Column("theme", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("small_changes", "theme")
