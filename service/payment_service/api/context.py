"""What a request needs: the parts of the running service, and who calls."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from payment_service.api.problems import ProblemError
from payment_service.security.authentication import Scope
from payment_service.security.watch import client_address

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_service.gateway.client import Gateway
    from payment_service.health import Readiness
    from payment_service.metrics import ServiceMetrics
    from payment_service.security.authentication import ApiKeys
    from payment_service.security.events import SecurityEvents
    from payment_service.security.ratelimit import RateLimiter
    from payment_service.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the running service. The worker leaves an operation alone until it is ``check_after`` old."""

    engine: AsyncEngine
    gateway: Gateway
    settlement: Settlement
    metrics: ServiceMetrics
    keys: ApiKeys
    limiter: RateLimiter
    events: SecurityEvents
    readiness: Readiness
    check_after: timedelta


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who calls, and from where."""

    name: str
    client: str


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves ``request``."""
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(parts_of)]

_bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key, as `Bearer psk_...`.")


class Needs:
    """A dependency: the caller's key is known, has ``scope``, and is within the rate limit."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(
        self,
        request: Request,
        parts: PartsOf,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Merchant:
        """Return who calls; raises ProblemError 401, 403 or 429."""
        client = client_address(request.scope)
        caller = parts.keys.caller(request.headers.get("Authorization"))
        if caller is None:
            parts.events.failed_auth(client)
            raise ProblemError(HTTPStatus.UNAUTHORIZED, "a known API key is needed", {"WWW-Authenticate": "Bearer"})
        structlog.contextvars.bind_contextvars(merchant=caller.merchant)
        parts.events.authenticated(caller, client)
        if self._scope not in caller.scopes:
            parts.events.scope_denied(caller, self._scope, client)
            raise ProblemError(HTTPStatus.FORBIDDEN, f"the key lacks the scope {self._scope}")
        seconds = await parts.limiter.retry_after(caller.merchant)
        if seconds is not None:
            parts.events.rate_limited(caller.merchant, client)
            raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", {"Retry-After": str(seconds)})
        return Merchant(caller.merchant, client)


Reader = Annotated[Merchant, Depends(Needs(Scope.READ))]
Payer = Annotated[Merchant, Depends(Needs(Scope.PAY))]
Refunder = Annotated[Merchant, Depends(Needs(Scope.REFUND))]
