"""What the exporter answers over HTTP: metrics, probes of other services, health, reload, a landing page."""

from __future__ import annotations

import asyncio
import html
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import anyio
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector as RegistryCollector
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from payment_catalog.errors import ForeseenError
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.configuration import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from prometheus_client.core import Metric as MetricFamily
    from starlette.requests import Request

    from payment_exporter.exporter import Exporter

SCRAPE_TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
_LANDING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Payment exporter</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem }}</style>
</head><body><h1>Payment exporter</h1>
<p>Version {version}. Business, database, cache, host, backup and log figures of the payment service.</p>
<ul><li><a href="{path}">Metrics</a>, of one collector: {collectors}</li>
<li><a href="/-/healthy">Health</a></li></ul>
<form action="/probe"><label>Probe a service that is allowed:
<input name="target" type="url" size="32" placeholder="https://payments.example.com" required></label>
<button>Probe</button></form></body></html>
"""
#: Longer than this nobody waits for a scrape, whatever is asked for.
_LONGEST_WAIT = LONGEST.total_seconds()


class Endpoints:
    """Answers requests. ``own`` holds what the process says of itself.

    At most ``max_requests`` scrapes are worked on at once. ``offset`` is how many seconds before Prometheus gives up
    an answer is sent.
    """

    def __init__(
        self, exporter: Exporter, own: CollectorRegistry, *, telemetry_path: str, max_requests: int, offset: float
    ) -> None:
        self._exporter = exporter
        self._own = own
        self._telemetry_path = telemetry_path
        self._offset = offset
        self._places = asyncio.Semaphore(max_requests)
        self._threads = anyio.CapacityLimiter(max_requests)

    def application(self, version: str) -> Starlette:
        """Return the ASGI application."""

        async def landing_page(request: Request) -> Response:
            del request
            path = html.escape(self._telemetry_path)
            links = (f'<a href="{path}?collect[]={name}">{name}</a>' for name in self._exporter.collectors)
            return HTMLResponse(_LANDING.format(version=html.escape(version), path=path, collectors=", ".join(links)))

        return Starlette(
            routes=[
                Route(self._telemetry_path, self.metrics),
                Route("/probe", self.probe),
                Route("/-/healthy", self.healthy),
                Route("/-/reload", self.reload, methods=["POST", "PUT"]),
                Route("/", landing_page),
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=5)],
        )

    async def metrics(self, request: Request) -> Response:
        """Answer a scrape; ``collect[]`` names the collectors that are wanted."""
        asked = request.query_params.getlist("collect[]")
        unknown = sorted(set(asked) - set(self._exporter.collectors))
        if unknown:
            return _refusal(f"no collector {unknown[0]!r}; there are {', '.join(self._exporter.collectors)}")
        only = [ExporterCollector(name) for name in asked]

        def collect(limit: float | None) -> list[MetricFamily]:
            return [*self._exporter.scrape(limit, only), *self._own.collect()]

        return await self._scrape(request, collect)

    async def probe(self, request: Request) -> Response:
        """Answer a probe of the service that ``target`` names, when it is allowed."""
        targets = request.query_params.getlist("target")
        if len(targets) != 1:
            return _refusal("name one target: /probe?target=https://payments.example.com")
        try:
            probe = self._exporter.prober(targets[0])
        except ForeseenError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.FORBIDDEN)
        return await self._scrape(request, probe)

    async def healthy(self, request: Request) -> Response:
        """Answer that the exporter runs, however its sources do."""
        del request
        return PlainTextResponse("ok\n")

    async def reload(self, request: Request) -> Response:
        """Take the configuration as it is now."""
        del request
        try:
            await anyio.to_thread.run_sync(self._exporter.reload)
        except ForeseenError as error:
            return PlainTextResponse(f"configuration kept: {error}\n", HTTPStatus.INTERNAL_SERVER_ERROR)
        return PlainTextResponse("configuration loaded\n")

    async def _scrape(self, request: Request, collect: Callable[[float | None], Iterable[MetricFamily]]) -> Response:
        try:
            limit = scrape_limit(request.headers.get(SCRAPE_TIMEOUT_HEADER), self._offset)
        except ValueError as error:
            return _refusal(str(error))
        until = time.monotonic() + (_LONGEST_WAIT if limit is None else limit)
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await self._places.acquire()
        except TimeoutError:
            return PlainTextResponse("too many scrapes at once\n", HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "5"})
        try:
            encode, content_type = choose_encoder(request.headers.get("Accept", ""))
            remaining = None if limit is None else max(0.0, until - time.monotonic())
            body = await anyio.to_thread.run_sync(
                lambda: encode(_registry_of(collect(remaining))), limiter=self._threads
            )
        finally:
            self._places.release()
        return Response(body, headers={"Content-Type": content_type})


def scrape_limit(header: str | None, offset: float) -> float | None:
    """Return how many seconds a scrape may take: what Prometheus waits less ``offset``, but at least half of it.

    Raises ValueError for a header that is no time.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ValueError(f"{SCRAPE_TIMEOUT_HEADER}: {header[:40]!r} is not a number of seconds above 0")
    return min(max(seconds - offset, seconds / 2), _LONGEST_WAIT)


def _refusal(reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", HTTPStatus.BAD_REQUEST)


class _Families(RegistryCollector):
    def __init__(self, families: Collection[MetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterable[MetricFamily]:
        return self._families


def _registry_of(families: Iterable[MetricFamily]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(list(families)))
    return registry
