"""Second steps, sessions that end when idle, roles with dates."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_HELD = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.execute("CREATE TABLE role_grants_before AS SELECT account_id, group_id, role FROM role_grants")
    op.drop_table("role_grants")
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_role_grants_account_id_accounts")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_role_grants_group_id_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.execute(
        "INSERT INTO role_grants (account_id, group_id, role, granted_at, granted_by) "
        "SELECT account_id, group_id, role, CURRENT_TIMESTAMP, 'before roles were dated' FROM role_grants_before"
    )
    op.drop_table("role_grants_before")
    op.create_index("ix_role_grants_account_id", "role_grants", ["account_id"])
    op.create_index("ix_role_grants_group_id", "role_grants", ["group_id"])
    op.create_index(
        "uq_role_grants_held",
        "role_grants",
        ["account_id", "group_id", "role"],
        unique=True,
        sqlite_where=_HELD,
        postgresql_where=_HELD,
    )
    op.execute("DELETE FROM sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False))
        sessions.add_column(sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False))
        sessions.add_column(sa.Column("second_step_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in_requests", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "sign_in_tries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
    )
    op.create_index("ix_sign_in_tries_place_hash", "sign_in_tries", ["place_hash"])
    op.create_table(
        "second_factors",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_second_factors_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id_accounts")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])


def downgrade() -> None:
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_table("sign_in_tries")
    op.drop_column("sign_in_requests", "tries")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("second_step_at")
        sessions.drop_column("last_seen_at")
        sessions.drop_column("signed_in_at")
    op.execute("CREATE TABLE role_grants_dated AS SELECT * FROM role_grants")
    op.drop_table("role_grants")
    op.create_table(
        "role_grants",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_role_grants_account_id_accounts")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_role_grants_group_id_groups")),
        sa.PrimaryKeyConstraint("account_id", "group_id", name=op.f("pk_role_grants")),
    )
    op.execute(
        "INSERT INTO role_grants (account_id, group_id, role) "
        "SELECT account_id, group_id, min(role) FROM role_grants_dated WHERE ended_at IS NULL "
        "GROUP BY account_id, group_id"
    )
    op.drop_table("role_grants_dated")
