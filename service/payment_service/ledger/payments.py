"""Payments in the database: recorded before the gateway is asked, changed only from a status that allows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from payment_catalog.vocabulary import GatewayOperation, PaymentStatus
from payment_service.ledger.attempts import close_attempt, new_attempt
from payment_service.ledger.resolution import ALLOWED_FROM, ASSUMED_REASONS, OVERTURNS_ASSUMED
from payment_service.ledger.tables import payment_attempts, payments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, RowMapping
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_catalog.vocabulary import GatewayOutcome, PaymentMethod
    from payment_service.gateway.messages import Money
    from payment_service.ledger.resolution import PaymentChange


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment that is about to be charged. Its charge is the attempt of the same ``id``."""

    id: str
    merchant: str
    idempotency_key: str
    request_digest: str
    money: Money
    method: PaymentMethod


async def record_intent(engine: AsyncEngine, intent: Intent, check_after: timedelta) -> bool:
    """Store the payment as pending; False when its idempotency key is taken."""
    now = datetime.now(UTC)
    payment = insert(payments).values(
        id=intent.id,
        merchant=intent.merchant,
        idempotency_key=intent.idempotency_key,
        request_digest=intent.request_digest,
        amount_minor=intent.money.minor,
        currency=intent.money.currency,
        method=intent.method,
        status=PaymentStatus.PENDING,
        created_at=now,
        updated_at=now,
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(payment)
            await connection.execute(new_attempt(intent.id, intent.id, GatewayOperation.CHARGE, now, check_after))
    except IntegrityError:
        return False
    return True


async def begin_operation(
    engine: AsyncEngine,
    attempt_id: str,
    payment_id: str,
    operation: GatewayOperation,
    check_after: timedelta,
) -> bool:
    """Store the intent to capture or cancel; False unless the payment is authorized and nothing else is under way.

    The row is locked in PostgreSQL; the condition within the insertion is what holds in SQLite.
    """
    now = datetime.now(UTC)
    columns = ("id", "payment_id", "operation", "created_at", "next_check_at")
    values = select(
        literal(attempt_id),
        payments.c.id,
        literal(operation.value),
        literal(now, payment_attempts.c.created_at.type),
        literal(now + check_after, payment_attempts.c.next_check_at.type),
    ).where(payments.c.id == payment_id, payments.c.status == PaymentStatus.AUTHORIZED)
    try:
        async with engine.begin() as connection:
            await connection.execute(select(payments.c.id).where(payments.c.id == payment_id).with_for_update())
            inserted = await connection.execute(insert(payment_attempts).from_select(columns, values))
            return inserted.rowcount == 1
    except IntegrityError:
        return False


async def apply_payment_change(
    engine: AsyncEngine,
    attempt_id: str,
    payment_id: str,
    change: PaymentChange,
    outcome: GatewayOutcome | None,
) -> RowMapping | None:
    """Store ``change``; return the payment when this call changed its status, ``None`` when nothing changed.

    Whoever comes second (callback, worker, the request itself) changes nothing, so that each payment is
    counted once.
    """
    now = datetime.now(UTC)
    changed: RowMapping | None = None
    async with engine.begin() as connection:
        if change.status is not None:
            statement = (
                update(payments)
                .where(payments.c.id == payment_id, _allows(change.status))
                .values(status=change.status, failure_reason=change.reason, updated_at=now)
                .returning(*payments.c)
            )
            if change.reference is not None:
                statement = statement.values(gateway_reference=change.reference)
            changed = (await connection.execute(statement)).mappings().first()
        await connection.execute(close_attempt(attempt_id, outcome, now, resolved=change.resolved))
    return changed


async def payment_by_id(engine: AsyncEngine, payment_id: str) -> RowMapping | None:
    """Return a payment's row."""
    async with engine.connect() as connection:
        return (await connection.execute(select(payments).where(payments.c.id == payment_id))).mappings().first()


async def payment_by_key(engine: AsyncEngine, merchant: str, key: str) -> RowMapping:
    """Return the payment with an idempotency key that is known to be taken; ``outcome`` is its charge's."""
    statement = (
        select(*payments.c, payment_attempts.c.outcome)
        .outerjoin(payment_attempts, payment_attempts.c.id == payments.c.id)
        .where(payments.c.merchant == merchant, payments.c.idempotency_key == key)
    )
    async with engine.connect() as connection:
        return (await connection.execute(statement)).mappings().one()


async def payments_of(engine: AsyncEngine, merchant: str, limit: int, after: RowMapping | None) -> Sequence[RowMapping]:
    """Return at most ``limit`` payments of ``merchant``, the newest first, those that follow ``after``."""
    statement = select(payments).where(payments.c.merchant == merchant)
    if after is not None:
        statement = statement.where(
            or_(
                payments.c.created_at < after["created_at"],
                and_(payments.c.created_at == after["created_at"], payments.c.id < after["id"]),
            )
        )
    statement = statement.order_by(payments.c.created_at.desc(), payments.c.id.desc()).limit(limit)
    async with engine.connect() as connection:
        return (await connection.execute(statement)).mappings().all()


def _allows(status: PaymentStatus) -> ColumnElement[bool]:
    allowed = payments.c.status.in_(sorted(ALLOWED_FROM[status]))
    if status not in OVERTURNS_ASSUMED:
        return allowed
    assumed = and_(payments.c.status == PaymentStatus.FAILED, payments.c.failure_reason.in_(sorted(ASSUMED_REASONS)))
    return or_(allowed, assumed)
