"""Tables of the payment database. Amounts are integers in minor units of their currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    UniqueConstraint,
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
    Index("payments_by_status", "status"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payment_id", String(36), ForeignKey("payments.id"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount_minor > 0", name="refunds_amount_positive"),
    Index("refunds_by_payment", "payment_id"),
)

payment_attempts = Table(
    "payment_attempts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payment_id", String(36), ForeignKey("payments.id"), nullable=False),
    Column("operation", String(16), nullable=False),
    Column("outcome", String(32)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("payment_attempts_by_payment", "payment_id"),
    Index("payment_attempts_by_age", "created_at"),
)
