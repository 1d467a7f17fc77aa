"""How the outcome of an operation at the gateway is answered."""

from __future__ import annotations

from http import HTTPStatus

from payment_catalog.vocabulary import GatewayOutcome
from payment_service.api.problems import RETRY_SECONDS, ProblemError

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


def raise_for(outcome: GatewayOutcome | None, **identifiers: str) -> None:
    """Raise ProblemError unless the gateway has answered; ``identifiers`` name what can be asked for later."""
    if outcome in _PROBLEMS:
        status, detail = _PROBLEMS[outcome]
        raise ProblemError(status, detail, {"Retry-After": str(RETRY_SECONDS)}, **identifiers)
