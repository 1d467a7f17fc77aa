"""Payments: the intent is in the database before the gateway is asked, the outcome after it has answered."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid4

import structlog
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from payment_catalog.vocabulary import Currency, FailureReason, GatewayOperation, PaymentMethod, PaymentStatus
from payment_service.api.answers import (
    GATEWAY_PROBLEMS,
    NOTHING_SENT,
    answered,
    not_ended,
    raise_for,
    require_same_body,
    shown,
)
from payment_service.api.context import Merchant, Parts, PartsOf, Payer, Reader
from payment_service.api.fields import AmountMinor, IdempotencyKey, PaymentId, UtcTime, digest
from payment_service.api.problems import ACCESS_PROBLEMS, CHANGE_PROBLEMS, ProblemError, documented
from payment_service.gateway.messages import Money
from payment_service.ledger.payments import (
    Intent,
    begin_operation,
    payment_by_id,
    payment_by_key,
    payments_of,
    record_intent,
)
from payment_service.ledger.resolution import payment_change

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

router = APIRouter(tags=["payments"])


class NewPayment(BaseModel):
    """What a merchant sends. ``card_token`` stands for a card that the gateway knows; numbers are not accepted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"amount_minor": 1050, "currency": "MYR", "method": "fpx"}]},
    )

    amount_minor: AmountMinor
    currency: Currency
    method: PaymentMethod
    card_token: str | None = Field(default=None, pattern=r"^tok_[A-Za-z0-9]{8,64}$")
    capture: bool = Field(default=True, strict=True, description="False: only authorize, and capture or cancel later.")


class Payment(BaseModel):
    """What a merchant sees."""

    id: UUID
    amount_minor: int
    refunded_minor: int
    currency: Currency
    method: PaymentMethod
    status: PaymentStatus
    failure_reason: FailureReason | None
    created_at: UtcTime
    updated_at: UtcTime


class PaymentPage(BaseModel):
    """A page of payments, the newest first; ``next_cursor`` asks for the following one."""

    payments: list[Payment]
    next_cursor: UUID | None


@router.post(
    "/payments",
    status_code=HTTPStatus.CREATED,
    responses={
        HTTPStatus.ACCEPTED.value: {"model": Payment, "description": "The outcome is not known yet; ask for it later."},
        **documented(*CHANGE_PROBLEMS, *GATEWAY_PROBLEMS),
    },
)
async def create_payment(
    wanted: NewPayment, merchant: Payer, parts: PartsOf, response: Response, idempotency_key: IdempotencyKey = None
) -> Payment:
    """Charge a payment (scope payments:write).

    The same Idempotency-Key with the same body gives the same payment, charged once.
    """
    identifier = str(uuid4())
    structlog.contextvars.bind_contextvars(payment_id=identifier)
    money = Money(wanted.amount_minor, wanted.currency)
    intent = Intent(identifier, merchant.name, idempotency_key or identifier, digest(wanted), money, wanted.method)
    if not await record_intent(parts.engine, intent, parts.check_after):
        return answered(Payment, await _repeated(parts, intent), response)
    result = await parts.gateway.charge(
        identifier, money, wanted.method, capture=wanted.capture, card_token=wanted.card_token
    )
    change = payment_change(GatewayOperation.CHARGE, result)
    payment = await parts.settlement.payment(identifier, identifier, change, result.outcome)
    raise_for(result.outcome, payment_id=identifier)
    return answered(Payment, payment, response)


@router.get("/payments", responses=documented(*ACCESS_PROBLEMS))
async def list_payments(
    merchant: Reader,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[UUID | None, Query(description="next_cursor of the page before.")] = None,
) -> PaymentPage:
    """List the merchant's payments, the newest first (scope payments:read)."""
    after = None
    if cursor is not None:
        after = await payment_by_id(parts.engine, str(cursor))
        if after is None or after["merchant"] != merchant.name:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "cursor is not one that was given out")
    rows = await payments_of(parts.engine, merchant.name, limit + 1, after)
    page = [shown(Payment, row) for row in rows[:limit]]
    return PaymentPage(payments=page, next_cursor=page[-1].id if len(rows) > limit else None)


@router.get("/payments/{payment_id}", responses=documented(*ACCESS_PROBLEMS, HTTPStatus.NOT_FOUND))
async def read_payment(payment_id: PaymentId, merchant: Reader, parts: PartsOf) -> Payment:
    """Return one payment of the merchant (scope payments:read)."""
    return shown(Payment, await own_payment(parts, merchant, payment_id))


@router.post(
    "/payments/{payment_id}/capture", responses=documented(*CHANGE_PROBLEMS, *GATEWAY_PROBLEMS, HTTPStatus.NOT_FOUND)
)
async def capture_payment(payment_id: PaymentId, merchant: Payer, parts: PartsOf) -> Payment:
    """Take the money of an authorized payment (scope payments:write); one captured already stays as it is."""
    return await _end_authorization(parts, merchant, payment_id, GatewayOperation.CAPTURE)


@router.post(
    "/payments/{payment_id}/cancel", responses=documented(*CHANGE_PROBLEMS, *GATEWAY_PROBLEMS, HTTPStatus.NOT_FOUND)
)
async def cancel_payment(payment_id: PaymentId, merchant: Payer, parts: PartsOf) -> Payment:
    """Release the money of an authorized payment (scope payments:write); one cancelled already stays as it is."""
    return await _end_authorization(parts, merchant, payment_id, GatewayOperation.CANCEL)


async def own_payment(parts: Parts, merchant: Merchant, payment_id: UUID) -> RowMapping:
    """Return a row of ``merchant``; raises ProblemError 404, also for somebody else's, which is a security event."""
    structlog.contextvars.bind_contextvars(payment_id=str(payment_id))
    row = await payment_by_id(parts.engine, str(payment_id))
    if row is not None and row["merchant"] == merchant.name:
        return row
    if row is None:
        parts.events.missing_payment(merchant.client)
    else:
        parts.events.foreign_payment(merchant.name, merchant.client)
    raise ProblemError(HTTPStatus.NOT_FOUND, "there is no such payment")


async def _end_authorization(
    parts: Parts, merchant: Merchant, payment_id: UUID, operation: GatewayOperation
) -> Payment:
    capture = operation is GatewayOperation.CAPTURE
    payment = await own_payment(parts, merchant, payment_id)
    if payment["status"] == (PaymentStatus.SUCCEEDED if capture else PaymentStatus.CANCELLED):
        return shown(Payment, payment)
    attempt = str(uuid4())
    if not await begin_operation(parts.engine, attempt, payment["id"], operation, parts.check_after):
        raise ProblemError(HTTPStatus.CONFLICT, "the payment is not authorized, or another request is changing it")
    reference = payment["gateway_reference"]
    money = Money(payment["amount_minor"], Currency(payment["currency"]))
    result = await (parts.gateway.capture(reference, money) if capture else parts.gateway.cancel(reference))
    changed = await parts.settlement.payment(attempt, payment["id"], payment_change(operation, result), result.outcome)
    raise_for(result.outcome, payment_id=payment["id"])
    if changed["status"] == PaymentStatus.AUTHORIZED:
        raise ProblemError(HTTPStatus.CONFLICT, f"the gateway refused to {operation} the payment")
    return shown(Payment, changed)


async def _repeated(parts: Parts, intent: Intent) -> RowMapping:
    """Return the payment that the first request with this key made; raises ProblemError."""
    row = await payment_by_key(parts.engine, intent.merchant, intent.idempotency_key)
    structlog.contextvars.bind_contextvars(payment_id=row["id"])
    require_same_body(row, intent.request_digest)
    if row["status"] == PaymentStatus.PENDING and row["outcome"] is None:
        raise not_ended()
    if row["outcome"] in NOTHING_SENT:
        raise_for(row["outcome"], payment_id=row["id"])
    parts.metrics.payments_repeated.inc()
    return row
