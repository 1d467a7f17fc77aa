"""The service's own metrics, created from the catalogue. Those of HTTP and of the interpreter are instrumentation's."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import Counter, Histogram

from payment_catalog import service_metrics as declared
from payment_catalog.exposition import UntypedCounter, counter, gauge, histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import CollectorRegistry, Gauge

    from payment_catalog.metric import Metric
    from payment_catalog.vocabulary import ConnectionState

_C = TypeVar("_C", Counter, Histogram)


class ServiceMetrics:
    """Collectors of payments, gateway, limits, connections and security.

    Series with a closed vocabulary exist from the start at 0, so that a first event is an increase.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counted(metric: Metric) -> Counter:
            return _at_zero(counter(metric, registry), metric)

        self.payments = counted(declared.PAYMENTS)
        self.payments_repeated = counter(declared.PAYMENTS_REPEATED, registry)
        self.payment_failures = counted(declared.PAYMENT_FAILURES)
        self.refunds = counted(declared.REFUNDS)
        self.breaker_state = gauge(declared.BREAKER_STATE, registry)
        self.gateway_requests = counted(declared.GATEWAY_REQUESTS)
        self.gateway_duration = _at_zero(
            histogram(declared.GATEWAY_REQUEST_DURATION, registry), declared.GATEWAY_REQUEST_DURATION
        )
        self.gateway_retries = counted(declared.GATEWAY_RETRIES)
        self.callbacks = counted(declared.GATEWAY_CALLBACKS)
        self.reconciliations = counted(declared.RECONCILIATIONS)
        self.unresolved = gauge(declared.UNRESOLVED_OPERATIONS, registry)
        self.unresolved_age = gauge(declared.UNRESOLVED_OPERATIONS_AGE, registry)
        self.ready = gauge(declared.READY, registry)
        self.dependency_up = gauge(declared.DEPENDENCY_UP, registry)
        self.rate_limit = counted(declared.RATE_LIMIT_REQUESTS)
        self.db_connections = gauge(declared.DB_CONNECTIONS, registry)
        self.db_connections_max = gauge(declared.DB_CONNECTIONS_MAX, registry)
        self.redis_connections = gauge(declared.REDIS_CONNECTIONS, registry)
        self.failed_auth = counter(declared.FAILED_AUTH, registry)
        self.suspicious_calls = UntypedCounter(declared.SUSPICIOUS_API_CALLS, registry)
        self.security_events = counted(declared.SECURITY_EVENTS)


def set_connections(collector: Gauge, counts: Mapping[ConnectionState, int]) -> None:
    """Show how many connections are in each state."""
    for state, count in counts.items():
        collector.labels(state).set(count)


def _at_zero(collector: _C, metric: Metric) -> _C:
    for values in product(*(label.values for label in metric.labels)):
        collector.labels(*values)
    return collector
