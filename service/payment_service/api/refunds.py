"""Refunds: never above the amount, however many are asked for at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from payment_catalog.vocabulary import Currency, PaymentStatus, RefundStatus
from payment_service.api.answers import GATEWAY_PROBLEMS, answered, not_ended, raise_for, require_same_body, shown
from payment_service.api.context import PartsOf, Reader, Refunder
from payment_service.api.fields import AmountMinor, IdempotencyKey, PaymentId, UtcTime, digest
from payment_service.api.payments import own_payment
from payment_service.api.problems import ACCESS_PROBLEMS, CHANGE_PROBLEMS, ProblemError, documented
from payment_service.gateway.messages import Money
from payment_service.ledger.refunds import RefundIntent, Reservation, refund_by_key, refunds_of, reserve
from payment_service.ledger.resolution import refund_change

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

router = APIRouter(tags=["refunds"])


class NewRefund(BaseModel):
    """What a merchant sends; without an amount all that is left is refunded."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount_minor": 500}, {}]})

    amount_minor: AmountMinor | None = None


class Refund(BaseModel):
    """What a merchant sees."""

    id: UUID
    payment_id: UUID
    amount_minor: int
    currency: Currency
    status: RefundStatus
    created_at: UtcTime
    updated_at: UtcTime


@router.post(
    "/payments/{payment_id}/refunds",
    status_code=HTTPStatus.CREATED,
    responses={
        HTTPStatus.ACCEPTED.value: {"model": Refund, "description": "The outcome is not known yet; ask for it later."},
        **documented(*CHANGE_PROBLEMS, *GATEWAY_PROBLEMS, HTTPStatus.NOT_FOUND),
    },
)
async def create_refund(  # noqa: PLR0913, PLR0917 - what FastAPI injects
    payment_id: PaymentId,
    wanted: NewRefund,
    merchant: Refunder,
    parts: PartsOf,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Refund:
    """Refund a payment, in full or in part (scope refunds:write).

    The same Idempotency-Key with the same body refunds once.
    """
    payment = await own_payment(parts, merchant, payment_id)
    identifier = str(uuid4())
    key, asked = idempotency_key or identifier, digest(wanted, payment["id"])
    known = await refund_by_key(parts.engine, merchant.name, key)
    if known is not None:
        require_same_body(known, asked)
        return answered(Refund, known, response)
    money = _amount(payment, wanted)
    intent = RefundIntent(identifier, payment["id"], merchant.name, key, asked, money)
    match await reserve(parts.engine, intent, parts.check_after):
        case Reservation.KEY_TAKEN:
            raise not_ended()
        case Reservation.ABOVE_WHAT_IS_LEFT:
            raise ProblemError(HTTPStatus.CONFLICT, "the refund is above what is left of the payment")
    result = await parts.gateway.refund(identifier, payment["gateway_reference"], money)
    refund = await parts.settlement.refund(identifier, refund_change(result), result.outcome)
    raise_for(result.outcome, payment_id=payment["id"], refund_id=identifier)
    return answered(Refund, refund, response)


@router.get("/payments/{payment_id}/refunds", responses=documented(*ACCESS_PROBLEMS, HTTPStatus.NOT_FOUND))
async def list_refunds(payment_id: PaymentId, merchant: Reader, parts: PartsOf) -> list[Refund]:
    """Return every refund of a payment, the oldest first (scope payments:read)."""
    payment = await own_payment(parts, merchant, payment_id)
    return [shown(Refund, row) for row in await refunds_of(parts.engine, payment["id"])]


def _amount(payment: RowMapping, wanted: NewRefund) -> Money:
    """Return what is to be refunded; raises ProblemError where nothing can be."""
    if payment["status"] != PaymentStatus.SUCCEEDED:
        raise ProblemError(HTTPStatus.CONFLICT, "only a payment that succeeded can be refunded")
    minor = wanted.amount_minor or payment["amount_minor"] - payment["refunded_minor"]
    if minor <= 0:
        raise ProblemError(HTTPStatus.CONFLICT, "nothing is left of the payment")
    return Money(minor, Currency(payment["currency"]))
