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
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from payment_catalog.vocabulary import ConnectionState, RateLimitOutcome
from payment_service.settings import WithoutStorage

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from payment_service.metrics import ServiceMetrics
    from payment_service.settings import ServiceSettings

#: A request waits no longer than this for Redis.
_REDIS_TIMEOUT = 0.5
_MOST_CONNECTIONS = 20
#: Seconds to wait that a caller is told while nothing can be counted.
_UNCHECKED_RETRY = 1

log = structlog.get_logger()


class RateLimiter:
    """A fixed window for each caller.

    While Redis is down, every request passes or none does, as the settings have it; metrics and log say so.
    """

    def __init__(self, settings: ServiceSettings, metrics: ServiceMetrics) -> None:
        self._limit = parse(settings.rate_limit)
        self._metrics = metrics
        self._allow_unchecked = settings.rate_limit_without_redis is WithoutStorage.ALLOW
        self._pool: redis.asyncio.BlockingConnectionPool | None = None
        self._storage: Storage = MemoryStorage()
        if settings.redis_host is not None:
            self._pool = redis.asyncio.BlockingConnectionPool(
                host=settings.redis_host,
                port=settings.redis_port,
                max_connections=_MOST_CONNECTIONS,
                timeout=_REDIS_TIMEOUT,
                socket_timeout=_REDIS_TIMEOUT,
                socket_connect_timeout=_REDIS_TIMEOUT,
                retry=Retry(NoBackoff(), 1),
            )
            self._storage = RedisStorage(
                f"async+redis://{settings.redis_host}:{settings.redis_port}",
                implementation="redispy",
                connection_pool=self._pool,  # type: ignore[arg-type]
            )
        self._limiter = FixedWindowRateLimiter(self._storage)

    @property
    def uses_redis(self) -> bool:
        """Whether Redis does the counting."""
        return self._pool is not None

    @property
    def needs_storage(self) -> bool:
        """Whether no request passes while the storage is down."""
        return not self._allow_unchecked

    async def retry_after(self, caller: str) -> int | None:
        """Count a request of ``caller``; return ``None`` when it may pass, else the seconds to wait."""
        try:
            allowed = await self._limiter.hit(self._limit, caller)
            reset = 0.0 if allowed else (await self._limiter.get_window_stats(self._limit, caller)).reset_time
        except (RedisError, OSError, TimeoutError) as error:
            return self._unchecked(error)
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

    def connections(self) -> dict[ConnectionState, int]:
        """Return the connections of the pool by state."""
        counts = self._pool.get_connection_count() if self._pool else []
        by_name = {ConnectionState.IN_USE: "used", ConnectionState.IDLE: "idle"}
        return {
            state: sum(count for count, attributes in counts if attributes["db.client.connection.state"] == name)
            for state, name in by_name.items()
        }

    def _unchecked(self, error: Exception) -> int | None:
        outcome = RateLimitOutcome.UNCHECKED_ALLOWED if self._allow_unchecked else RateLimitOutcome.UNCHECKED_REJECTED
        self._metrics.rate_limit.labels(outcome).inc()
        log.error("rate limit is not counted", outcome=outcome, reason=type(error).__name__)
        return None if self._allow_unchecked else _UNCHECKED_RETRY
