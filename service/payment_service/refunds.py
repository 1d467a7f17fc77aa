"""Refunds: never above the amount, however many are asked for at once."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import insert, select, update

from payment_catalog.vocabulary import (
    Currency,
    GatewayOperation,
    GatewayOutcome,
    PaymentStatus,
    RefundStatus,
)
from payment_service.context import Merchant, Parts, PartsOf
from payment_service.payments import MAX_AMOUNT, UtcTime, own_payment
from payment_service.problems import ProblemError
from payment_service.tables import payment_attempts, payments, refunds

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from payment_service.gateway import GatewayResult

router = APIRouter(tags=["refunds"])
log = structlog.get_logger()


class NewRefund(BaseModel):
    """What a merchant sends; without an amount all that is left is refunded."""

    model_config = ConfigDict(extra="forbid")

    amount_minor: int | None = Field(default=None, strict=True, gt=0, le=MAX_AMOUNT)


class Refund(BaseModel):
    """What a merchant sees."""

    id: str
    payment_id: str
    amount_minor: int
    currency: Currency
    status: RefundStatus
    created_at: UtcTime


@router.post("/payments/{payment_id}/refunds", status_code=HTTPStatus.CREATED)
async def create_refund(payment_id: str, wanted: NewRefund, merchant: Merchant, parts: PartsOf) -> Refund:
    """Refund a payment, in full or in part."""
    payment = await own_payment(parts, merchant, payment_id)
    if payment["status"] != PaymentStatus.SUCCEEDED:
        raise ProblemError(HTTPStatus.CONFLICT, "only a payment that succeeded can be refunded")
    amount = wanted.amount_minor or payment["amount_minor"] - payment["refunded_minor"]
    identifier = str(uuid4())
    if amount <= 0 or not await _reserve(parts, identifier, payment, amount):
        raise ProblemError(HTTPStatus.CONFLICT, "the refund is above what is left of the payment")
    result = await parts.gateway.refund(identifier, payment["gateway_reference"], amount, Currency(payment["currency"]))
    refund = await _record_outcome(parts, identifier, result)
    parts.metrics.refunds.labels(refund.status).inc()
    if refund.status is RefundStatus.FAILED:
        log.error("refund failed", refund_id=identifier, outcome=result.outcome)
        raise ProblemError(HTTPStatus.BAD_GATEWAY, "the gateway did not accept the refund", refund_id=identifier)
    log.info("refund succeeded", refund_id=identifier, payment_id=payment_id)
    return refund


async def _reserve(parts: Parts, identifier: str, payment: RowMapping, amount: int) -> bool:
    """Take ``amount`` out of what is left, and store the intent; False when less is left.

    The comparison is part of the update, so that the database decides between refunds at the same time.
    """
    now = datetime.now(UTC)
    left = payments.c.amount_minor - payments.c.refunded_minor
    async with parts.engine.begin() as connection:
        taken = await connection.execute(
            update(payments)
            .where(payments.c.id == payment["id"], left >= amount)
            .values(refunded_minor=payments.c.refunded_minor + amount)
        )
        if taken.rowcount != 1:
            return False
        await connection.execute(
            insert(refunds).values(
                id=identifier,
                payment_id=payment["id"],
                amount_minor=amount,
                currency=payment["currency"],
                status=RefundStatus.PENDING,
                created_at=now,
                updated_at=now,
            )
        )
        await connection.execute(
            insert(payment_attempts).values(
                id=identifier, payment_id=payment["id"], operation=GatewayOperation.REFUND, created_at=now
            )
        )
    return True


async def _record_outcome(parts: Parts, identifier: str, result: GatewayResult) -> Refund:
    """Store how it ended. A refund whose end is unknown (time-out) keeps its amount reserved."""
    accepted = result.outcome is GatewayOutcome.ACCEPTED
    status = RefundStatus.SUCCEEDED if accepted else RefundStatus.FAILED
    async with parts.engine.begin() as connection:
        await connection.execute(
            update(refunds).where(refunds.c.id == identifier).values(status=status, updated_at=datetime.now(UTC))
        )
        await connection.execute(
            update(payment_attempts).where(payment_attempts.c.id == identifier).values(outcome=result.outcome)
        )
        row = (await connection.execute(select(refunds).where(refunds.c.id == identifier))).mappings().one()
        if not accepted and result.outcome is not GatewayOutcome.TIMEOUT:
            await connection.execute(
                update(payments)
                .where(payments.c.id == row["payment_id"])
                .values(refunded_minor=payments.c.refunded_minor - row["amount_minor"])
            )
    return Refund(**{name: row[name] for name in Refund.model_fields})
