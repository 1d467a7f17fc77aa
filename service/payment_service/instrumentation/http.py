"""HTTP metrics of any ASGI application, under the templates of its routes."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from payment_catalog import http_metrics as declared
from payment_catalog.exposition import counter, gauge, histogram
from payment_catalog.http_metrics import CLIENT_CLOSED_REQUEST, HTTP_METHODS, LATENCY_BUCKETS, OTHER_CODE, OTHER_METHOD
from payment_service.instrumentation.trace import current_trace
from payment_service.instrumentation.workers import workers_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from payment_service.instrumentation.route import RouteTemplates
    from payment_service.instrumentation.trace import Trace

_SERVER_ERROR = 500
_KNOWN_METHODS = frozenset(HTTP_METHODS)
_EXEMPLAR_SECONDS = 1.0


class HttpCollectors:
    """The HTTP collectors in a registry, and their children for each method and route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = counter(declared.HTTP_REQUESTS, registry)
        self.duration = histogram(declared.HTTP_REQUEST_DURATION, registry)
        self.request_size = histogram(declared.HTTP_REQUEST_SIZE, registry)
        self.response_size = histogram(declared.HTTP_RESPONSE_SIZE, registry)
        self.in_progress = gauge(declared.HTTP_REQUESTS_IN_PROGRESS, registry)
        self._series: dict[tuple[str, str], Series] = {}

    def series(self, method: str, route: str) -> Series:
        """Return the children for a request; ``route`` is a template, ``method`` what the client sent."""
        key = (method if method in _KNOWN_METHODS else OTHER_METHOD, route)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(self, *key)
        return series


class Series:
    """The children of the HTTP collectors for one method and route; looking them up costs more than using them."""

    __slots__ = ("_count", "_next_exemplar", "_observe_duration", "_requests", "request_size", "response_size")

    def __init__(self, collectors: HttpCollectors, method: str, route: str) -> None:
        self._observe_duration = collectors.duration.labels(method, route).observe
        #: When the bucket may have another exemplar; there is one more bucket than there are limits.
        self._next_exemplar = [0.0] * (len(LATENCY_BUCKETS) + 1)
        self.request_size = collectors.request_size.labels(method, route).observe
        self.response_size = collectors.response_size.labels(method, route).observe
        self._requests = partial(collectors.requests.labels, method, route)
        self._count: dict[int, Callable[[], None]] = {}

    def count(self, status: int) -> None:
        """Count a request that was answered with ``status``."""
        known = status if 100 <= status <= 599 else 0
        count = self._count.get(known)
        if count is None:
            count = self._count[known] = self._requests(f"{known:d}" if known else OTHER_CODE).inc
        count()

    def duration(self, seconds: float, now: float, trace: Trace | None) -> None:
        """Observe a request's time; ``trace`` becomes the exemplar of its bucket, once a second at most.

        A bucket keeps only its last exemplar, of which a scrape sees one in many seconds.
        """
        bucket = bisect_left(LATENCY_BUCKETS, seconds)
        if trace is None or now < self._next_exemplar[bucket]:
            self._observe_duration(seconds)
        else:
            self._next_exemplar[bucket] = now + _EXEMPLAR_SECONDS
            self._observe_duration(seconds, {"trace_id": trace.trace_id})


class HttpMetrics:
    """Counts, times and measures each request, as pure ASGI middleware.

    A request counts under the status that was sent; under 499 where the client went away before that, under 500
    where the application failed before it. Its time ends with the last byte of the response: what the application
    does behind that, such as background tasks, is not part of it. Sizes are the bytes that passed, whatever
    Content-Length says. Where prometheus_client keeps exemplars, which it does not for several worker processes,
    the time's exemplar is the id of the request's trace.
    """

    def __init__(self, app: ASGIApp, collectors: HttpCollectors, templates: RouteTemplates) -> None:
        self._app = app
        self._collectors = collectors
        self._started = collectors.in_progress.inc
        self._ended = collectors.in_progress.dec
        self._template = templates.template
        self._with_exemplars = workers_directory() is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; scopes of other types pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        started = perf_counter()
        self._started()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            now = exchange.ended or perf_counter()
            self._ended()
            series = self._collectors.series(scope["method"], self._template(scope))
            series.count(exchange.outcome())
            series.request_size(exchange.received)
            series.response_size(exchange.sent)
            series.duration(now - started, now, current_trace() if self._with_exemplars else None)


class _Exchange:
    """What passes between the application and its client during one request."""

    __slots__ = ("_receive", "_send", "ended", "left", "received", "sent", "status")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.status: int | None = None
        self.received = self.sent = 0
        self.ended = 0.0
        self.left = False

    def outcome(self) -> int:
        """Return the status under which the request counts."""
        if self.left:
            return CLIENT_CLOSED_REQUEST
        return _SERVER_ERROR if self.status is None else self.status

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
        elif self.status is None:
            self.left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
        if message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.ended = perf_counter()
