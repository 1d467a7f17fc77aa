"""Puts the service together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI

from payment_service import health, payments, problems, refunds
from payment_service.authentication import read_api_keys
from payment_service.context import Parts
from payment_service.database import create_engine
from payment_service.gateway import Gateway
from payment_service.instrumentation import HttpMetrics
from payment_service.metrics import ServiceMetrics
from payment_service.ratelimit import RateLimiter
from payment_service.security import SecurityWatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from payment_catalog.database_settings import DatabaseSettings
    from payment_service.settings import ServiceSettings

log = structlog.get_logger()


def create_app(
    settings: ServiceSettings,
    database: DatabaseSettings,
    gateway_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Return the application; raises ConfigurationError for secrets that cannot be read."""
    metrics = ServiceMetrics()
    parts = Parts(
        engine=create_engine(database),
        gateway=Gateway(settings, metrics, gateway_transport),
        metrics=metrics,
        keys=read_api_keys(settings.payment_api_keys_file),
        limiter=RateLimiter(settings, metrics),
    )
    metrics.watch_database_pool(lambda: parts.engine.sync_engine.pool, database.max_connections)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        metrics.watch_loop(asyncio.get_running_loop())
        if not parts.keys.merchants:
            log.warning("no API key is known, every request will be refused", variable="PAYMENT_API_KEYS_FILE")
        log.info("started")
        try:
            yield
        finally:
            await parts.gateway.close()
            await parts.limiter.close()
            await parts.engine.dispose()
            log.info("stopped")

    app = FastAPI(title="Payment service", version=version("payment-observability"), lifespan=lifespan)
    app.state.parts = parts
    problems.install(app)
    for room in (health, payments, refunds):
        app.include_router(room.router)
    app.add_middleware(SecurityWatch, metrics=metrics)
    app.add_middleware(HttpMetrics, metrics=metrics)
    return app
