"""HTTP metrics of any Starlette or FastAPI application, as pure ASGI middleware."""

from __future__ import annotations

import re
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

from payment_catalog.service_metrics import HTTP_METHODS, OTHER_METHOD, UNMATCHED_ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import Counter, Histogram
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from payment_service.metrics import ServiceMetrics

_SERVER_ERROR = 500
#: ``{name:path}`` in a template is ``{name}`` on a label.
_CONVERTER = re.compile(r":\w+\}")
#: What monitoring itself asks for would drown what customers see.
EXCLUDED_PATHS = frozenset({"/metrics", "/health", "/ready"})


class HttpMetrics:
    """Counts and times each request under its route's template, never under its raw path or method."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._in_progress = metrics.http_in_progress
        self._requests: Callable[[str, str, int], Counter] = cache(
            lambda method, route, code: metrics.http_requests.labels(method, route, str(code))
        )
        self._duration: Callable[[str, str], Histogram] = cache(metrics.http_duration.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in EXCLUDED_PATHS:
            await self._app(scope, receive, send)
            return
        code = _SERVER_ERROR

        async def watch(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        started = perf_counter()
        self._in_progress.inc()
        try:
            await self._app(scope, receive, watch)
        finally:
            self._in_progress.dec()
            method = scope["method"] if scope["method"] in HTTP_METHODS else OTHER_METHOD
            route = route_template(scope)
            self._requests(method, route, code).inc()
            self._duration(method, route).observe(perf_counter() - started)


def route_template(scope: Scope) -> str:
    """Return the template of the matched route with the prefixes under which it is included or mounted.

    FastAPI keeps only the innermost template. What stands before it in the path is that prefix; parameters
    in it are put back by name, so that no raw value becomes a label.
    """
    template: str | None = getattr(scope.get("route"), "path", None)
    if not template:
        return UNMATCHED_ROUTE
    values = {name: str(value) for name, value in scope.get("path_params", {}).items()}
    plain = _CONVERTER.sub("}", template)
    filled = plain
    for name, value in values.items():
        filled = filled.replace(f"{{{name}}}", value)
    if not scope["path"].endswith(filled):
        return plain
    prefix = scope["path"].removesuffix(filled)
    names = {value: name for name, value in values.items() if f"{{{name}}}" not in plain}
    parts = [f"{{{names[part]}}}" if part in names else part for part in prefix.split("/")]
    return "/".join(parts) + plain
