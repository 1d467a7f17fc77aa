"""Every operation at the gateway is an intent with an end; refunds are idempotent too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UNRESOLVED = sa.text("resolved_at IS NULL")
ONE_AT_A_TIME = sa.text("resolved_at IS NULL AND operation <> 'refund'")


def upgrade() -> None:
    with op.batch_alter_table("payment_attempts") as attempts:
        attempts.add_column(sa.Column("resolved_at", sa.DateTime(timezone=True)))
        attempts.add_column(sa.Column("checks", sa.Integer, nullable=False, server_default="0"))
        attempts.add_column(sa.Column("next_check_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE payment_attempts SET next_check_at = created_at")
    op.execute("UPDATE payment_attempts SET resolved_at = created_at WHERE outcome IS NOT NULL")
    with op.batch_alter_table("payment_attempts") as attempts:
        attempts.alter_column("next_check_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    with op.batch_alter_table("refunds") as refunds:
        refunds.add_column(sa.Column("merchant", sa.String(64), nullable=False, server_default=""))
        refunds.add_column(sa.Column("idempotency_key", sa.String(128), nullable=False, server_default=""))
        refunds.add_column(sa.Column("request_digest", sa.String(64), nullable=False, server_default=""))
        refunds.add_column(sa.Column("gateway_reference", sa.String(64)))
    op.execute(
        "UPDATE refunds SET idempotency_key = id, "
        "merchant = (SELECT merchant FROM payments WHERE payments.id = refunds.payment_id)"
    )
    with op.batch_alter_table("refunds") as refunds:
        refunds.create_unique_constraint("refunds_idempotency", ["merchant", "idempotency_key"])
    op.drop_index("payments_by_status", "payments")  # no query asked for it
    for name, column, condition, unique in (
        ("payment_attempts_to_check", "next_check_at", UNRESOLVED, False),
        ("payment_attempts_one_at_a_time", "payment_id", ONE_AT_A_TIME, True),
    ):
        op.create_index(
            name, "payment_attempts", [column], unique=unique, postgresql_where=condition, sqlite_where=condition
        )


def downgrade() -> None:
    op.create_index("payments_by_status", "payments", ["status"])
    for name in ("payment_attempts_to_check", "payment_attempts_one_at_a_time"):
        op.drop_index(name, "payment_attempts")
    with op.batch_alter_table("refunds") as refunds:
        refunds.drop_constraint("refunds_idempotency", type_="unique")
        for column in ("merchant", "idempotency_key", "request_digest", "gateway_reference"):
            refunds.drop_column(column)
    with op.batch_alter_table("payment_attempts") as attempts:
        for column in ("resolved_at", "checks", "next_check_at"):
            attempts.drop_column(column)
