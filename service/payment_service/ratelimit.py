"""How often a merchant may call: counted in Redis, or in memory without it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import redis.asyncio
import structlog
from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from payment_catalog.vocabulary import RateLimitOutcome

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from payment_service.metrics import ServiceMetrics
    from payment_service.settings import ServiceSettings

_REDIS_TIMEOUT = 0.5
_MOST_CONNECTIONS = 20

log = structlog.get_logger()


class RateLimiter:
    """A fixed window for each caller. While Redis is down every request passes, and the log says so."""

    def __init__(self, settings: ServiceSettings, metrics: ServiceMetrics) -> None:
        self._limit = parse(settings.rate_limit)
        self._metrics = metrics
        self._pool: redis.asyncio.BlockingConnectionPool | None = None
        storage: Storage = MemoryStorage()
        if settings.redis_host is not None:
            self._pool = redis.asyncio.BlockingConnectionPool(
                host=settings.redis_host,
                port=settings.redis_port,
                max_connections=_MOST_CONNECTIONS,
                timeout=_REDIS_TIMEOUT,
                socket_timeout=_REDIS_TIMEOUT,
                socket_connect_timeout=_REDIS_TIMEOUT,
            )
            metrics.watch_redis_pool(lambda: self._connections("used"), lambda: self._connections("idle"))
            storage = RedisStorage(
                f"async+redis://{settings.redis_host}:{settings.redis_port}",
                implementation="redispy",
                connection_pool=self._pool,  # type: ignore[arg-type]
            )
        self._storage = storage
        self._limiter = FixedWindowRateLimiter(storage)

    async def retry_after(self, caller: str) -> int | None:
        """Count a request of ``caller``; return ``None`` when it may pass, else the seconds to wait."""
        try:
            allowed = await self._limiter.hit(self._limit, caller)
            reset = 0.0 if allowed else (await self._limiter.get_window_stats(self._limit, caller)).reset_time
        except (RedisError, OSError) as error:
            log.exception("rate limit unavailable, request passes", reason=type(error).__name__)
            allowed, reset = True, 0.0
        outcome = RateLimitOutcome.ALLOWED if allowed else RateLimitOutcome.REJECTED
        self._metrics.rate_limit.labels(outcome).inc()
        return None if allowed else max(1, math.ceil(reset - time.time()))

    async def ready(self) -> bool:
        """Return whether the storage answers."""
        return await self._storage.check()

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.disconnect()

    def _connections(self, state: str) -> int:
        if self._pool is None:
            return 0
        counts = self._pool.get_connection_count()
        return sum(count for count, attributes in counts if attributes["db.client.connection.state"] == state)
