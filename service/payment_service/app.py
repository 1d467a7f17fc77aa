"""Puts the service together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum, auto
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from payment_catalog.vocabulary import ConnectionState, Dependency
from payment_service.api import callbacks, operations, payments, problems, refunds
from payment_service.api.body_limit import BodyLimit
from payment_service.api.context import Parts
from payment_service.api.defects import DefectAnswers
from payment_service.background import background
from payment_service.gateway.client import Gateway
from payment_service.health import Check, Readiness, gateway_answers
from payment_service.instrumentation import instrument
from payment_service.instrumentation.middleware import PROBES
from payment_service.instrumentation.route import RouteTemplates
from payment_service.ledger.database import create_engine
from payment_service.logs.access import AccessLog
from payment_service.logs.cards import may_hide_card
from payment_service.metrics import ServiceMetrics, set_connections
from payment_service.reconciliation import Reconciler
from payment_service.security.authentication import read_api_keys
from payment_service.security.events import SecurityEvents
from payment_service.security.ratelimit import RateLimiter
from payment_service.security.watch import SecurityWatch
from payment_service.server.draining import told_of_the_end
from payment_service.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from payment_catalog.database_settings import DatabaseSettings
    from payment_service.settings import ServiceSettings

log = structlog.get_logger()


class Role(Enum):
    """What the process is for: to serve merchants, or only to find out unknown outcomes."""

    SERVICE = auto()
    WORKER = auto()


_ROOMS = {
    Role.SERVICE: (operations.router, payments.router, refunds.router, callbacks.router),
    Role.WORKER: (operations.router,),
}


def create_app(
    settings: ServiceSettings,
    database: DatabaseSettings,
    gateway_transport: httpx.AsyncBaseTransport | None = None,
    role: Role = Role.SERVICE,
) -> FastAPI:
    """Return the application; raises ConfigurationError for secrets that cannot be read."""
    registry = CollectorRegistry()
    metrics = ServiceMetrics(registry)
    events = SecurityEvents(metrics)
    engine = create_engine(database)
    gateway = Gateway(settings, metrics, events, gateway_transport)
    settlement = Settlement(engine, metrics)
    limiter = RateLimiter(settings, metrics)
    readiness = Readiness(_checks(engine, limiter, gateway), metrics)
    reconciler = Reconciler(engine, gateway, settlement, metrics, settings.settle_after)
    keys = read_api_keys(settings.payment_api_keys_file)
    parts = Parts(engine, gateway, settlement, metrics, keys, limiter, events, readiness, settings.gateway_limit)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        if role is Role.SERVICE and not keys.callers:
            log.warning("no API key is known, every request will be refused", variable="PAYMENT_API_KEYS_FILE")
        async with AsyncExitStack() as closing:
            closing.enter_context(told_of_the_end(readiness.drain))
            closing.push_async_callback(engine.dispose)
            closing.push_async_callback(limiter.close)
            closing.push_async_callback(gateway.close)
            await closing.enter_async_context(background(readiness.watch))
            if settings.payment_reconcile or role is Role.WORKER:
                await closing.enter_async_context(background(reconciler.run))
            log.info("started")
            yield
        log.info("stopped")

    release = version("payment-observability")
    app = FastAPI(title="Payment service", version=release, lifespan=lifespan)
    app.state.parts = parts
    routes = [route for router in _ROOMS[role] for route in router.routes]
    problems.install(app, routes, events.card_data_received)
    for router in _ROOMS[role]:
        app.include_router(router)
    # What is added later stands further outside.
    app.add_middleware(DefectAnswers)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityWatch, events=events)
    app.add_middleware(AccessLog, template=RouteTemplates(lambda: app.routes).template, excluded=PROBES)
    sampler = instrument(
        app, registry=registry, version=release, accepts_trace=lambda text: not may_hide_card(text)
    ).sampler
    sampler.add(_connections_shown(engine, limiter, metrics, database.max_connections))
    return app


def _connections_shown(
    engine: AsyncEngine, limiter: RateLimiter, metrics: ServiceMetrics, most: int
) -> Callable[[], None]:
    def show() -> None:
        pool = engine.pool
        set_connections(
            metrics.db_connections,
            {ConnectionState.IN_USE: pool.checkedout(), ConnectionState.IDLE: pool.checkedin()},  # type: ignore[attr-defined]
        )
        metrics.db_connections_max.set(most)
        if limiter.uses_redis:
            set_connections(metrics.redis_connections, limiter.connections())

    return show


def _checks(engine: AsyncEngine, limiter: RateLimiter, gateway: Gateway) -> list[Check]:
    async def database_answers() -> bool:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    checks = [
        Check(Dependency.DATABASE, required=True, ask=database_answers),
        # Without the gateway payments fail, but no other instance would do better.
        Check(Dependency.GATEWAY, required=False, ask=lambda: gateway_answers(gateway)),
    ]
    if limiter.uses_redis:
        checks.append(Check(Dependency.REDIS, required=limiter.needs_storage, ask=limiter.ready))
    return checks
