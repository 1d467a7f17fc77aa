"""Payments: the intent is in the database before the gateway is asked, the outcome after it has answered."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import structlog
from fastapi import APIRouter, Header, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from payment_catalog.vocabulary import (
    Currency,
    FailureReason,
    GatewayOperation,
    GatewayOutcome,
    PaymentMethod,
    PaymentStatus,
    SecurityEvent,
)
from payment_service.context import Merchant, Parts, PartsOf
from payment_service.problems import ProblemError
from payment_service.tables import payment_attempts, payments

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from payment_service.gateway import GatewayResult

#: Ten thousand million units: beyond any payment, far below where a double loses a sen.
MAX_AMOUNT = 10**12

_UNAVAILABLE = {
    GatewayOutcome.ERROR: (HTTPStatus.BAD_GATEWAY, "the gateway failed"),
    GatewayOutcome.TIMEOUT: (HTTPStatus.GATEWAY_TIMEOUT, "the gateway did not answer in time"),
    GatewayOutcome.CIRCUIT_OPEN: (HTTPStatus.SERVICE_UNAVAILABLE, "the gateway is not asked at the moment"),
}

router = APIRouter(tags=["payments"])
log = structlog.get_logger()


def _as_utc(time: datetime) -> datetime:
    """SQLite forgets the zone of what it stores; everything that is stored is UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


UtcTime = Annotated[datetime, AfterValidator(_as_utc)]


class NewPayment(BaseModel):
    """What a merchant sends. ``card_token`` stands for a card that the gateway knows; numbers are not accepted."""

    model_config = ConfigDict(extra="forbid")

    amount_minor: int = Field(strict=True, gt=0, le=MAX_AMOUNT, description="Amount in minor units, such as sen.")
    currency: Currency
    method: PaymentMethod
    card_token: str | None = Field(default=None, pattern=r"^tok_[A-Za-z0-9]{8,64}$")

    def digest(self) -> str:
        """Return what tells two requests apart."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Payment(BaseModel):
    """What a merchant sees."""

    id: str
    amount_minor: int
    refunded_minor: int
    currency: Currency
    method: PaymentMethod
    status: PaymentStatus
    failure_reason: FailureReason | None
    created_at: UtcTime


class PaymentPage(BaseModel):
    """A page of payments, the newest first; ``next_cursor`` asks for the following one."""

    payments: list[Payment]
    next_cursor: str | None


@router.post("/payments", status_code=HTTPStatus.CREATED)
async def create_payment(
    wanted: NewPayment,
    merchant: Merchant,
    parts: PartsOf,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=128)] = None,
) -> Payment:
    """Charge a payment. The same Idempotency-Key with the same body gives the same payment, charged once."""
    identifier = str(uuid4())
    key = idempotency_key or identifier
    if not await _record_intent(parts, identifier, merchant, key, wanted):
        return await _repeated(parts, merchant, key, wanted)
    result = await parts.gateway.charge(identifier, wanted.amount_minor, wanted.currency, wanted.method)
    payment = await _record_outcome(parts, identifier, result)
    _observe(parts, payment)
    if result.outcome in _UNAVAILABLE:
        status, detail = _UNAVAILABLE[result.outcome]
        raise ProblemError(status, detail, payment_id=identifier)
    return payment


@router.get("/payments")
async def list_payments(
    merchant: Merchant,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=36)] = None,
) -> PaymentPage:
    """List the merchant's payments, the newest first."""
    statement = select(payments).where(payments.c.merchant == merchant)
    async with parts.engine.connect() as connection:
        if cursor is not None:
            last = (await connection.execute(statement.where(payments.c.id == cursor))).mappings().first()
            if last is None:
                raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "cursor is not one that was given out")
            older = (payments.c.created_at < last["created_at"]) | (
                (payments.c.created_at == last["created_at"]) & (payments.c.id < last["id"])
            )
            statement = statement.where(older)
        statement = statement.order_by(payments.c.created_at.desc(), payments.c.id.desc()).limit(limit + 1)
        rows = (await connection.execute(statement)).mappings().all()
    page = [_payment(row) for row in rows[:limit]]
    return PaymentPage(payments=page, next_cursor=page[-1].id if len(rows) > limit else None)


@router.get("/payments/{payment_id}")
async def read_payment(payment_id: str, merchant: Merchant, parts: PartsOf) -> Payment:
    """Return one payment of the merchant."""
    return _payment(await own_payment(parts, merchant, payment_id))


async def own_payment(parts: Parts, merchant: str, payment_id: str) -> RowMapping:
    """Return a row of ``merchant``; raises ProblemError 404, also for somebody else's, which is a security event."""
    async with parts.engine.connect() as connection:
        rows = await connection.execute(select(payments).where(payments.c.id == payment_id[:64]))
        row = rows.mappings().first()
    if row is not None and row["merchant"] == merchant:
        return row
    if row is not None:
        parts.metrics.security_event(SecurityEvent.FORBIDDEN)
        log.warning("payment of another merchant", security_event=SecurityEvent.FORBIDDEN, merchant=merchant)
    raise ProblemError(HTTPStatus.NOT_FOUND, "there is no such payment")


async def _record_intent(parts: Parts, identifier: str, merchant: str, key: str, wanted: NewPayment) -> bool:
    """Store the payment as pending; False when the idempotency key is taken."""
    now = datetime.now(UTC)
    try:
        async with parts.engine.begin() as connection:
            await connection.execute(
                insert(payments).values(
                    id=identifier,
                    merchant=merchant,
                    idempotency_key=key,
                    request_digest=wanted.digest(),
                    amount_minor=wanted.amount_minor,
                    currency=wanted.currency,
                    method=wanted.method,
                    status=PaymentStatus.PENDING,
                    created_at=now,
                    updated_at=now,
                )
            )
            await connection.execute(
                insert(payment_attempts).values(
                    id=identifier, payment_id=identifier, operation=GatewayOperation.CHARGE, created_at=now
                )
            )
    except IntegrityError:
        return False
    return True


async def _repeated(parts: Parts, merchant: str, key: str, wanted: NewPayment) -> Payment:
    async with parts.engine.connect() as connection:
        rows = await connection.execute(
            select(payments).where(payments.c.merchant == merchant, payments.c.idempotency_key == key)
        )
        row = rows.mappings().one()
    if row["request_digest"] != wanted.digest():
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "the Idempotency-Key was used with another body")
    if row["status"] == PaymentStatus.PENDING:
        raise ProblemError(HTTPStatus.CONFLICT, "the first request with this Idempotency-Key has not ended yet")
    return _payment(row)


async def _record_outcome(parts: Parts, identifier: str, result: GatewayResult) -> Payment:
    accepted = result.outcome is GatewayOutcome.ACCEPTED
    values: dict[str, Any] = {
        "status": PaymentStatus.SUCCEEDED if accepted else PaymentStatus.FAILED,
        "failure_reason": result.reason,
        "gateway_reference": result.reference,
        "updated_at": datetime.now(UTC),
    }
    async with parts.engine.begin() as connection:
        await connection.execute(update(payments).where(payments.c.id == identifier).values(values))
        await connection.execute(
            update(payment_attempts).where(payment_attempts.c.id == identifier).values(outcome=result.outcome)
        )
        rows = await connection.execute(select(payments).where(payments.c.id == identifier))
        return _payment(rows.mappings().one())


def _observe(parts: Parts, payment: Payment) -> None:
    parts.metrics.payments.labels(payment.method, payment.status).inc()
    if payment.failure_reason is None:
        log.info("payment succeeded", payment_id=payment.id, method=payment.method)
        return
    parts.metrics.payment_failures.labels(payment.failure_reason).inc()
    ours = payment.failure_reason in {FailureReason.GATEWAY_ERROR, FailureReason.GATEWAY_TIMEOUT}
    write = log.error if ours else log.warning
    write("payment failed", payment_id=payment.id, method=payment.method, reason=payment.failure_reason)


def _payment(row: RowMapping) -> Payment:
    return Payment(**{name: row[name] for name in Payment.model_fields})
