"""A token bucket before all requests, as pure ASGI middleware."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from payment_exporter.web.configuration import RateLimit


class RateLimiter:
    """Answers 429 to requests that come faster than the limit. ``limit`` returns the limit of the moment."""

    def __init__(self, app: ASGIApp, limit: Callable[[], RateLimit]) -> None:
        self._app = app
        self._limit = limit
        self._full_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan" or self._takes_token():
            await self._app(scope, receive, send)
            return
        await PlainTextResponse("Too Many Requests\n", 429)(scope, receive, send)

    def _takes_token(self) -> bool:
        """Keep the time at which the bucket is full again: that one number is its level."""
        limit = self._limit()
        if limit.interval is None:
            return True
        interval, now = limit.interval.total_seconds(), time.monotonic()
        full_at = max(self._full_at, now) + interval
        if full_at > now + limit.burst * interval:
            return False
        self._full_at = full_at
        return True
