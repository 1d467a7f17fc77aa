"""The cache, as Redis reports on itself by INFO and PING."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from payment_catalog.errors import ForeseenError
from payment_catalog.exporter_metrics import redis
from payment_catalog.exposition import single
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric as MetricFamily

    from payment_catalog.metric import Metric
    from payment_exporter.configuration import Redis as Configuration

_HOST = "127.0.0.1"
_PORT = 6379
_PORTS = range(1, 65536)

#: Field of INFO behind each metric (https://redis.io/docs/latest/commands/info/).
FIELDS: Mapping[Metric, str] = {
    redis.CONNECTED_CLIENTS: "connected_clients",
    redis.BLOCKED_CLIENTS: "blocked_clients",
    redis.MAX_CLIENTS: "maxclients",
    redis.MEMORY_USED: "used_memory",
    redis.MEMORY_MAX: "maxmemory",
    redis.COMMANDS: "total_commands_processed",
    redis.REJECTED_CONNECTIONS: "rejected_connections",
    redis.EVICTED_KEYS: "evicted_keys",
    redis.EXPIRED_KEYS: "expired_keys",
    redis.KEYSPACE_HITS: "keyspace_hits",
    redis.KEYSPACE_MISSES: "keyspace_misses",
}
_CLOCK = "server_time_usec"
_UPTIME = "uptime_in_seconds"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is, and how it is entered. With ``ca_file`` the connection is encrypted."""

    host: str = _HOST
    port: int = _PORT
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None


def redis_address(configuration: Configuration, environment: Mapping[str, str]) -> RedisAddress:
    """Return the address that the configuration names, else that of ``REDIS_HOST`` and ``REDIS_PORT``.

    Raises ForeseenError for a port that is none.
    """
    if configuration.address is not None:
        host, _, port = configuration.address.rpartition(":")
        number = _port("collectors.redis.address", port)
    else:
        host = environment.get("REDIS_HOST") or _HOST
        number = _port("REDIS_PORT", environment.get("REDIS_PORT") or str(_PORT))
    password_file = configuration.password_file or environment.get("REDIS_PASSWORD_FILE")
    return RedisAddress(
        host=host,
        port=number,
        username=configuration.username,
        password_file=Path(password_file) if password_file else None,
        ca_file=Path(configuration.ca_file) if configuration.ca_file else None,
    )


class RedisCollector:
    """Asks one server, each time over a connection of its own: what was rotated or restarted needs no care.

    ``timeout`` is in seconds: for the connection, and for each answer.
    """

    name = ExporterCollector.REDIS

    def __init__(self, settings: RedisAddress, timeout: float) -> None:
        self._settings = settings
        self._timeout = timeout

    def collect(self, within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield the figures that the server has.

        Raises RedisError, OSError for a file that cannot be read, ForeseenError for what is no password, and ValueError
        for a figure that is no number.
        """
        with self._client(min(self._timeout, within)) as client:
            facts = client.info()
            started = time.perf_counter()
            client.ping()
            took = time.perf_counter() - started
        yield single(redis.PING, took)
        yield from figures(facts)

    def close(self) -> None:
        """Nothing is held."""

    def _client(self, timeout: float) -> Redis:
        """Return a client that sends no more than asked: an account may be kept to AUTH, INFO and PING."""
        settings = self._settings
        return Redis(
            host=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=None if settings.password_file is None else _password(settings.password_file),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
            ssl=settings.ca_file is not None,
            ssl_ca_certs=None if settings.ca_file is None else str(settings.ca_file),
        )


def figures(facts: Mapping[str, Any]) -> Iterator[MetricFamily]:
    """Yield what INFO says; a field that the server's version has not is left out.

    Raises ValueError for a field that is not a number from 0 up.
    """
    for metric, field in FIELDS.items():
        if field in facts:
            yield single(metric, _number(facts, field))
    if _CLOCK in facts and _UPTIME in facts:
        # Both by the server's clock, so that the result is the same each time.
        yield single(redis.START_TIME, _number(facts, _CLOCK) // 1_000_000 - _number(facts, _UPTIME))


def _number(facts: Mapping[str, Any], field: str) -> float:
    value = facts[field]
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return value
    raise ValueError(f"INFO: {field}: a number from 0 up is expected, Redis says {value!r:.40}")


def _password(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ForeseenError(f"{file}: a password is expected, the file is not UTF-8 text") from None


def _port(source: str, written: str) -> int:
    if written.isascii() and written.isdecimal() and len(written) <= 5 and int(written) in _PORTS:
        return int(written)
    raise ForeseenError(f"{source}: a port from {_PORTS[0]} to {_PORTS[-1]} is expected, found {written!r:.40}")
