"""Puts the instrumentation into an application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics

from payment_service.instrumentation.http import HttpCollectors, HttpMetrics
from payment_service.instrumentation.page import MetricsPage
from payment_service.instrumentation.route import RouteTemplates, path_within
from payment_service.instrumentation.runtime import RuntimeMetrics, Sampler, running
from payment_service.instrumentation.trace import TraceContext

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

#: What an orchestrator asks for every few seconds would drown what customers see.
PROBES = ("/health", "/ready")


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What an application was given: where its collectors are registered, and what reads its gauges."""

    registry: CollectorRegistry
    sampler: Sampler


def instrument(  # noqa: PLR0913 - each is a choice of its own, with a default
    app: Starlette,
    *,
    registry: CollectorRegistry | None = None,
    metrics_path: str | None = "/metrics",
    excluded: Iterable[str] = PROBES,
    version: str | None = None,
    accepts_trace: Callable[[str], bool] = lambda text: True,
) -> Instrumentation:
    """Instrument ``app``, before it serves; routes may be added before and after.

    ``registry`` is a new one unless it is given. The metrics are shown at ``metrics_path``, before any middleware
    that was added earlier and any route; None shows them nowhere. ``excluded`` paths are served and not counted.
    ``version`` is shown as the build's. A caller's trace id or tracestate that ``accepts_trace`` refuses is not
    carried on. Middleware added later stands outside: what it answers itself is not
    counted. Raises ValueError when ``registry`` already has one of the collectors.

    When a series was created is not shown from here on, by any registry of the process: it would double the
    number of counters, and several worker processes cannot show it.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry() if registry is None else registry
    sampler = Sampler()
    runtime = RuntimeMetrics(registry, sampler, version)
    _show_process(registry)
    app.add_middleware(
        _Instrumented,
        collectors=HttpCollectors(registry),
        templates=RouteTemplates(lambda: app.routes),
        excluded=frozenset(excluded),
        pages={} if metrics_path is None else {metrics_path: MetricsPage(registry, sampler)},
        runtime=runtime,
        sampler=sampler,
        accepts_trace=accepts_trace,
    )
    return Instrumentation(registry, sampler)


def _show_process(registry: CollectorRegistry) -> None:
    try:
        ProcessCollector(registry=registry)
    except ValueError:
        return  # the registry shows the process already, as prometheus_client's default registry does


class _Instrumented:
    """Sends each scope where it belongs. Not a coroutine itself, which would cost another frame a request."""

    def __init__(  # noqa: PLR0913 - the parts that instrument() puts together
        self,
        app: ASGIApp,
        *,
        collectors: HttpCollectors,
        templates: RouteTemplates,
        excluded: frozenset[str],
        pages: dict[str, MetricsPage],
        runtime: RuntimeMetrics,
        sampler: Sampler,
        accepts_trace: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._runtime = runtime
        self._sampler = sampler
        self._traced = TraceContext(app, accepts_trace)
        self._measured = TraceContext(HttpMetrics(app, collectors, templates), accepts_trace)
        self._apart: dict[str, ASGIApp] = {**dict.fromkeys(excluded, self._traced), **pages}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request, web socket or lifespan."""
        if scope["type"] == "http":
            path = path_within(scope) if scope.get("root_path") else scope["path"]
            return self._apart.get(path, self._measured)(scope, receive, send)
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._traced(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with running(self._sampler.run(), self._runtime.watch_loop()):
            await self._app(scope, receive, send)
