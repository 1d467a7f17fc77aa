"""What a request needs: the parts of the running service, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import Depends, Request

from payment_catalog.vocabulary import SecurityEvent
from payment_service.problems import ProblemError
from payment_service.security import client_address

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_service.authentication import ApiKeys
    from payment_service.gateway import Gateway
    from payment_service.metrics import ServiceMetrics
    from payment_service.ratelimit import RateLimiter

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the running service."""

    engine: AsyncEngine
    gateway: Gateway
    metrics: ServiceMetrics
    keys: ApiKeys
    limiter: RateLimiter


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]


async def _merchant(request: Request, parts: PartsOf) -> str:
    """Return who calls, after the key and the rate limit were checked; raises ProblemError."""
    merchant = parts.keys.merchant(request.headers.get("Authorization"))
    if merchant is None:
        parts.metrics.security_event(SecurityEvent.FAILED_AUTH)
        log.warning("auth failed", security_event=SecurityEvent.FAILED_AUTH, client=client_address(request.scope))
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "a known API key is needed", {"WWW-Authenticate": "Bearer"})
    seconds = await parts.limiter.retry_after(merchant)
    if seconds is not None:
        parts.metrics.security_event(SecurityEvent.RATE_LIMITED)
        log.warning("rate limit exceeded", merchant=merchant)
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", {"Retry-After": str(seconds)})
    return merchant


Merchant = Annotated[str, Depends(_merchant)]
