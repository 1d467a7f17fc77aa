"""Fiuu's callback: how a payment ended that was pending when it was charged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from payment_catalog.vocabulary import CallbackResult, Currency, GatewayOperation, GatewayOutcome
from payment_service.api.context import Parts, PartsOf
from payment_service.api.problems import ProblemError, documented
from payment_service.gateway import messages
from payment_service.gateway.client import GatewayResult
from payment_service.gateway.messages import MessageError, Money, SignatureError
from payment_service.ledger.payments import payment_by_id
from payment_service.ledger.resolution import payment_change
from payment_service.security.watch import client_address

PATH = "/fiuu/callback"

router = APIRouter(tags=["gateway"])
log = structlog.get_logger()

Text = Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")]


class Callback(BaseModel):
    """The fields of a callback that count; Fiuu sends more."""

    model_config = ConfigDict(extra="ignore")

    tranID: Text  # noqa: N815 - Fiuu's name
    orderid: Text
    status: Text
    domain: Text
    amount: Text
    currency: Text
    paydate: Text
    appcode: Text = ""
    error_code: Text = ""
    skey: Text = ""


@router.post(
    PATH,
    response_class=PlainTextResponse,
    responses=documented(
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)
async def receive_callback(request: Request, parts: PartsOf, callback: Annotated[Callback, Form()]) -> str:
    """Learn how a payment ended. Only Fiuu can sign this; a repeated callback changes nothing."""
    result = await _apply(parts, callback, client_address(request.scope))
    parts.metrics.callbacks.labels(result).inc()
    if result in _REFUSED:
        status, detail = _REFUSED[result]
        raise ProblemError(status, detail)
    return messages.CALLBACK_RECEIVED


_REFUSED = {
    CallbackResult.BAD_SIGNATURE: (HTTPStatus.FORBIDDEN, "the callback is not signed by Fiuu"),
    CallbackResult.UNKNOWN_PAYMENT: (HTTPStatus.NOT_FOUND, "there is no such payment"),
    CallbackResult.MISMATCH: (HTTPStatus.CONFLICT, "the callback speaks of another amount, or of no known status"),
}


async def _apply(parts: Parts, callback: Callback, client: str) -> CallbackResult:
    fields, account = callback.model_dump(), parts.gateway.account
    try:
        messages.verify_callback(account, fields)
    except SignatureError:
        parts.events.signature_failure(f"callback from {client}")
        return CallbackResult.BAD_SIGNATURE
    payment = await payment_by_id(parts.engine, callback.orderid)
    if payment is None:
        return CallbackResult.UNKNOWN_PAYMENT
    structlog.contextvars.bind_contextvars(payment_id=payment["id"])
    money = Money(payment["amount_minor"], Currency(payment["currency"]))
    try:
        answer = messages.read_callback(account, fields, money)
    except MessageError:
        return CallbackResult.MISMATCH
    if not answer.matches:
        log.error("callback has another amount", payment_id=payment["id"])
        return CallbackResult.MISMATCH
    change = payment_change(GatewayOperation.CHARGE, GatewayResult(GatewayOutcome.ACCEPTED, answer))
    settled = await parts.settlement.payment(payment["id"], payment["id"], change, None)
    return CallbackResult.REPEATED if settled["status"] == payment["status"] else CallbackResult.APPLIED
