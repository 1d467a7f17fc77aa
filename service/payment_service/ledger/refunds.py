"""Refunds in the database: an amount is reserved before the gateway is asked, so that no more than the payment goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from payment_catalog.vocabulary import GatewayOperation, RefundStatus
from payment_service.ledger.attempts import close_attempt, new_attempt
from payment_service.ledger.tables import payments, refunds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_catalog.vocabulary import GatewayOutcome
    from payment_service.gateway.messages import Money
    from payment_service.ledger.resolution import RefundChange


class Reservation(Enum):
    """What became of the wish to refund."""

    MADE = auto()
    ABOVE_WHAT_IS_LEFT = auto()
    KEY_TAKEN = auto()


@dataclass(frozen=True, slots=True)
class RefundIntent:
    """A refund that is about to be asked for. Its request is the attempt of the same ``id``."""

    id: str
    payment_id: str
    merchant: str
    idempotency_key: str
    request_digest: str
    money: Money


async def reserve(engine: AsyncEngine, intent: RefundIntent, check_after: timedelta) -> Reservation:
    """Take the amount out of what is left of the payment, and store the intent.

    The comparison is part of the update, so that the database decides between refunds at the same time.
    """
    now = datetime.now(UTC)
    left = payments.c.amount_minor - payments.c.refunded_minor
    try:
        async with engine.begin() as connection:
            taken = await connection.execute(
                update(payments)
                .where(payments.c.id == intent.payment_id, left >= intent.money.minor)
                .values(refunded_minor=payments.c.refunded_minor + intent.money.minor)
            )
            if taken.rowcount != 1:
                return Reservation.ABOVE_WHAT_IS_LEFT
            await connection.execute(
                insert(refunds).values(
                    id=intent.id,
                    payment_id=intent.payment_id,
                    merchant=intent.merchant,
                    idempotency_key=intent.idempotency_key,
                    request_digest=intent.request_digest,
                    amount_minor=intent.money.minor,
                    currency=intent.money.currency,
                    status=RefundStatus.PENDING,
                    created_at=now,
                    updated_at=now,
                )
            )
            await connection.execute(
                new_attempt(intent.id, intent.payment_id, GatewayOperation.REFUND, now, check_after)
            )
    except IntegrityError:
        return Reservation.KEY_TAKEN
    return Reservation.MADE


async def apply_refund_change(
    engine: AsyncEngine, refund_id: str, change: RefundChange, outcome: GatewayOutcome | None
) -> RowMapping | None:
    """Store ``change``; return the refund when this call changed its status. A failed one gives its amount back."""
    now = datetime.now(UTC)
    changed: RowMapping | None = None
    async with engine.begin() as connection:
        if change.status is not None:
            statement = (
                update(refunds)
                .where(refunds.c.id == refund_id, refunds.c.status == RefundStatus.PENDING)
                .values(status=change.status, gateway_reference=change.reference, updated_at=now)
                .returning(*refunds.c)
            )
            changed = (await connection.execute(statement)).mappings().first()
        if changed is not None and change.status is RefundStatus.FAILED:
            await connection.execute(
                update(payments)
                .where(payments.c.id == changed["payment_id"])
                .values(refunded_minor=payments.c.refunded_minor - changed["amount_minor"])
            )
        await connection.execute(close_attempt(refund_id, outcome, now, resolved=change.resolved))
    return changed


async def refund_by_id(engine: AsyncEngine, refund_id: str) -> RowMapping:
    """Return the row of a refund that is known to exist."""
    async with engine.connect() as connection:
        return (await connection.execute(select(refunds).where(refunds.c.id == refund_id))).mappings().one()


async def refund_by_key(engine: AsyncEngine, merchant: str, key: str) -> RowMapping | None:
    """Return the refund with an idempotency key."""
    statement = select(refunds).where(refunds.c.merchant == merchant, refunds.c.idempotency_key == key)
    async with engine.connect() as connection:
        return (await connection.execute(statement)).mappings().first()


async def refunds_of(engine: AsyncEngine, payment_id: str) -> Sequence[RowMapping]:
    """Return every refund of a payment, the oldest first."""
    statement = select(refunds).where(refunds.c.payment_id == payment_id).order_by(refunds.c.created_at, refunds.c.id)
    async with engine.connect() as connection:
        return (await connection.execute(statement)).mappings().all()
