"""Tables of the payment database. Amounts are integers in minor units of their currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData()

payments = Table(
    "payments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("merchant", String(64), nullable=False),
    Column("idempotency_key", String(128), nullable=False),
    Column("request_digest", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False, server_default="0"),
    Column("currency", String(3), nullable=False),
    Column("method", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("failure_reason", String(32)),
    Column("gateway_reference", String(64)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("merchant", "idempotency_key", name="payments_idempotency"),
    CheckConstraint("amount_minor > 0", name="payments_amount_positive"),
    CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="payments_refunded_within_amount"),
    Index("payments_by_merchant", "merchant", "created_at", "id"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payment_id", String(36), ForeignKey("payments.id"), nullable=False),
    Column("merchant", String(64), nullable=False, server_default=""),
    Column("idempotency_key", String(128), nullable=False, server_default=""),
    Column("request_digest", String(64), nullable=False, server_default=""),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("gateway_reference", String(64)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("merchant", "idempotency_key", name="refunds_idempotency"),
    CheckConstraint("amount_minor > 0", name="refunds_amount_positive"),
    Index("refunds_by_payment", "payment_id"),
)

#: How many payments and refunds have reached each final status, and their amounts. Triggers of the tables above keep
#: it within the transaction that changes a row. Each combination can have several rows (``slot``), to be summed.
business_totals = Table(
    "business_totals",
    metadata,
    Column("slot", SmallInteger, nullable=False),
    Column("subject", String(16), nullable=False),
    Column("method", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    PrimaryKeyConstraint("slot", "subject", "method", "status", "currency", "reason", name="business_totals_key"),
)

UNRESOLVED = text("resolved_at IS NULL")
ONE_AT_A_TIME = text("resolved_at IS NULL AND operation <> 'refund'")

#: An intent for each operation at the gateway, written before the gateway is asked. ``resolved_at`` is
#: set when its end is known; ``next_check_at`` says when the worker asks the gateway about it.
payment_attempts = Table(
    "payment_attempts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payment_id", String(36), ForeignKey("payments.id"), nullable=False),
    Column("operation", String(16), nullable=False),
    Column("outcome", String(32)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("checks", Integer, nullable=False, server_default="0"),
    Column("next_check_at", DateTime(timezone=True), nullable=False),
    Index("payment_attempts_by_payment", "payment_id"),
    Index("payment_attempts_by_age", "created_at"),
    Index("payment_attempts_to_check", "next_check_at", postgresql_where=UNRESOLVED, sqlite_where=UNRESOLVED),
    Index(
        "payment_attempts_one_at_a_time",
        "payment_id",
        unique=True,
        postgresql_where=ONE_AT_A_TIME,
        sqlite_where=ONE_AT_A_TIME,
    ),
)
