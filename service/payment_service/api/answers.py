"""How payments and refunds are answered: what is shown of them, how their operation at the gateway ended."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from payment_catalog.vocabulary import GatewayOutcome, PaymentStatus, RefundStatus
from payment_service.api.problems import RETRY_SECONDS, ProblemError

if TYPE_CHECKING:
    from fastapi import Response
    from sqlalchemy import RowMapping

_PENDING = frozenset({PaymentStatus.PENDING, RefundStatus.PENDING})
_PROBLEMS = {
    GatewayOutcome.ERROR: (HTTPStatus.BAD_GATEWAY, "the gateway failed; what became of it is being found out"),
    GatewayOutcome.BAD_SIGNATURE: (
        HTTPStatus.BAD_GATEWAY,
        "the gateway's answer cannot be trusted; what became of it is being found out",
    ),
    GatewayOutcome.TIMEOUT: (
        HTTPStatus.GATEWAY_TIMEOUT,
        "the gateway did not answer in time; what became of it is being found out",
    ),
    GatewayOutcome.UNREACHABLE: (HTTPStatus.BAD_GATEWAY, "the gateway cannot be reached; nothing was sent"),
    GatewayOutcome.CIRCUIT_OPEN: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the gateway is not asked at the moment; nothing was sent",
    ),
}

#: After these nothing was sent, and the same request will be answered the same way for ever.
NOTHING_SENT = frozenset({GatewayOutcome.UNREACHABLE, GatewayOutcome.CIRCUIT_OPEN})
#: Statuses of the problems that ``raise_for`` raises.
GATEWAY_PROBLEMS = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


_M = TypeVar("_M", bound=BaseModel)


def shown(model: type[_M], row: RowMapping) -> _M:
    """Return what a merchant sees of a row."""
    return model.model_validate({name: row[name] for name in model.model_fields})


def answered(model: type[_M], row: RowMapping, response: Response) -> _M:
    """Return what a merchant sees; the status is 202 while the row's outcome is not known."""
    if row["status"] in _PENDING:
        response.status_code = HTTPStatus.ACCEPTED
    return shown(model, row)


def require_same_body(row: RowMapping, asked: str) -> None:
    """Raise ProblemError unless the request that made ``row`` had the digest ``asked``."""
    if row["request_digest"] != asked:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "the Idempotency-Key was used with another body")


def not_ended() -> ProblemError:
    """Return the answer to a repetition that comes too early."""
    return ProblemError(
        HTTPStatus.CONFLICT, "the first request with this Idempotency-Key has not ended yet", {"Retry-After": "1"}
    )


def raise_for(outcome: GatewayOutcome | None, **identifiers: str) -> None:
    """Raise ProblemError unless the gateway has answered; ``identifiers`` name what can be asked for later."""
    if outcome in _PROBLEMS:
        status, detail = _PROBLEMS[outcome]
        raise ProblemError(status, detail, {"Retry-After": str(RETRY_SECONDS)}, **identifiers)
