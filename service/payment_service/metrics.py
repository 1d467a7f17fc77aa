"""The service's metrics, created from the catalogue."""

from __future__ import annotations

import asyncio
import platform
from importlib.metadata import version
from itertools import product
from typing import TYPE_CHECKING, TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from payment_catalog import service_metrics as declared
from payment_catalog.exposition import UntypedCounter, counter, gauge, histogram
from payment_catalog.vocabulary import ConnectionState, SecurityEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Pool

    from payment_catalog.metric import Metric


_C = TypeVar("_C", Counter, Histogram)


class ServiceMetrics:
    """Every collector of the service, in a registry of its own.

    Series with a closed vocabulary exist from the start at 0, so that a first event is an increase.
    """

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.http_requests = counter(declared.HTTP_REQUESTS, self.registry)
        self.http_duration = histogram(declared.HTTP_REQUEST_DURATION, self.registry)
        self.http_in_progress = gauge(declared.HTTP_REQUESTS_IN_PROGRESS, self.registry)
        self.payments = self._counter(declared.PAYMENTS)
        self.payment_failures = self._counter(declared.PAYMENT_FAILURES)
        self.refunds = self._counter(declared.REFUNDS)
        self.breaker_state = gauge(declared.BREAKER_STATE, self.registry)
        self.gateway_requests = self._counter(declared.GATEWAY_REQUESTS)
        self.gateway_duration = self._histogram(declared.GATEWAY_REQUEST_DURATION)
        self.rate_limit = self._counter(declared.RATE_LIMIT_REQUESTS)
        self.failed_auth = counter(declared.FAILED_AUTH, self.registry)
        self.suspicious_calls = UntypedCounter(declared.SUSPICIOUS_API_CALLS, self.registry)
        self.security_events = self._counter(declared.SECURITY_EVENTS)
        build = gauge(declared.BUILD_INFO, self.registry)
        build.labels(version("payment-observability"), platform.python_version()).set(1)

    def security_event(self, event: SecurityEvent) -> None:
        """Count a security event, in the runbook's own series where it has one."""
        self.security_events.labels(event).inc()
        if event is SecurityEvent.FAILED_AUTH:
            self.failed_auth.inc()
        if event in {SecurityEvent.PATH_SCAN, SecurityEvent.FORBIDDEN}:
            self.suspicious_calls.inc()

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Show the number of tasks of ``loop`` at each scrape."""
        gauge(declared.ASYNCIO_TASKS, self.registry).set_function(lambda: len(asyncio.all_tasks(loop)))

    def watch_database_pool(self, pool: Callable[[], Pool], most: int) -> None:
        """Show the database pool at each scrape."""
        connections = gauge(declared.DB_CONNECTIONS, self.registry)
        connections.labels(ConnectionState.IN_USE).set_function(lambda: pool().checkedout())  # type: ignore[attr-defined]
        connections.labels(ConnectionState.IDLE).set_function(lambda: pool().checkedin())  # type: ignore[attr-defined]
        gauge(declared.DB_CONNECTIONS_MAX, self.registry).set(most)

    def watch_redis_pool(self, in_use: Callable[[], int], idle: Callable[[], int]) -> None:
        """Show the Redis pool at each scrape."""
        connections = gauge(declared.REDIS_CONNECTIONS, self.registry)
        connections.labels(ConnectionState.IN_USE).set_function(in_use)
        connections.labels(ConnectionState.IDLE).set_function(idle)

    def _counter(self, metric: Metric) -> Counter:
        return _at_zero(counter(metric, self.registry), metric)

    def _histogram(self, metric: Metric) -> Histogram:
        return _at_zero(histogram(metric, self.registry), metric)


def _at_zero(collector: _C, metric: Metric) -> _C:
    for values in product(*(label.values for label in metric.labels)):
        collector.labels(*values)
    return collector
