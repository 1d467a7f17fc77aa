"""Every statement that the service runs for a request or a round of the worker finds its rows by an index."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import event

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.vocabulary import Currency, GatewayOperation, GatewayOutcome, PaymentMethod, PaymentStatus
from payment_service.gateway.messages import Money
from payment_service.ledger import attempts, payments, refunds
from payment_service.ledger.database import create_engine
from payment_service.ledger.migrations import migrate_up
from payment_service.ledger.resolution import PaymentChange
from payment_service.maintenance import retention

if TYPE_CHECKING:
    from conftest import Postgres
    from sqlalchemy.ext.asyncio import AsyncEngine

ROWS = 20_000
FILL = f"""
INSERT INTO payments SELECT gen_random_uuid()::text, 'shop-' || n % 50, 'key-' || n, repeat('0', 64), 1000, 0, 'MYR',
  'card', 'succeeded', NULL, n::text, now() - n * interval '1 second', now() FROM generate_series(1, {ROWS}) n;
INSERT INTO payment_attempts (id, payment_id, operation, outcome, created_at, resolved_at, next_check_at)
  SELECT id, id, 'charge', 'accepted', created_at, CASE WHEN random() < 0.99 THEN now() END, now() FROM payments;
INSERT INTO refunds (id, payment_id, merchant, idempotency_key, amount_minor, currency, status, created_at, updated_at)
  SELECT gen_random_uuid()::text, id, merchant, id, 1, 'MYR', 'succeeded', now(), now() FROM payments;
ANALYZE;
"""


async def use(engine: AsyncEngine, payment: str, merchant: str) -> None:
    """Run every statement once."""
    money, soon = Money(1, Currency.MYR), timedelta(seconds=1)
    new = str(uuid4())
    await payments.record_intent(engine, payments.Intent(new, merchant, new, "0" * 64, money, PaymentMethod.CARD), soon)
    change = PaymentChange(PaymentStatus.AUTHORIZED, resolved=True)
    await payments.apply_payment_change(engine, new, new, change, GatewayOutcome.ACCEPTED)
    await payments.begin_operation(engine, str(uuid4()), new, GatewayOperation.CAPTURE, soon)
    row = await payments.payment_by_id(engine, payment)
    await payments.payment_by_key(engine, merchant, new)
    await payments.payments_of(engine, merchant, 20, None)
    await payments.payments_of(engine, merchant, 20, row)
    await refunds.reserve(engine, refunds.RefundIntent(str(uuid4()), payment, merchant, new, "", money), soon)
    await refunds.refund_by_key(engine, merchant, payment)
    await refunds.refunds_of(engine, payment)
    await attempts.claim_attempts(engine, 5)
    await attempts.backlog(engine)
    now = datetime.now(UTC)
    async with engine.begin() as connection:
        await retention.delete_batch(connection, now - timedelta(days=400), now - timedelta(days=90), 100)


def test_no_statement_reads_a_whole_table(fresh_database: Postgres) -> None:
    plans = asyncio.run(plans_of(fresh_database))
    assert len(plans) >= 15
    assert {statement: plan for statement, plan in plans.items() if "Seq Scan" in plan} == {}


async def plans_of(database: Postgres) -> dict[str, str]:
    variables = database.environment
    settings = DatabaseSettings(host=variables["DB_HOST"], port=int(variables["DB_PORT"]), name=variables["DB_NAME"])
    engine = create_engine(settings)
    seen: dict[str, Any] = {}
    try:
        await migrate_up(engine)
        database.sql(FILL)
        payment, merchant = database.sql("SELECT id, merchant FROM payments LIMIT 1").split("|")

        def remember(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            seen.setdefault(statement, parameters)

        event.listen(engine.sync_engine, "before_cursor_execute", remember)
        await use(engine, payment, merchant)
        event.remove(engine.sync_engine, "before_cursor_execute", remember)
        async with engine.connect() as connection:
            return {
                statement: "\n".join(
                    row[0] for row in await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                )
                for statement, parameters in seen.items()
                if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE", "WITH"))
            }
    finally:
        await engine.dispose()
