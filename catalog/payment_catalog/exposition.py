"""From a declared metric to a collector of prometheus_client, so that names and labels are written once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UnknownMetricFamily
from prometheus_client.registry import Collector

from payment_catalog.metric import Metric, MetricType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric as MetricFamily


def _expect(metric: Metric, *types: MetricType) -> None:
    if metric.type not in types:
        raise TypeError(f"{metric.name} is declared as {metric.type}, not as {' or '.join(types)}")


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """Create and register the counter that is declared; series without labels start at 0."""
    _expect(metric, MetricType.COUNTER)
    return Counter(metric.name, metric.description, metric.label_names, registry=registry)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """Create and register the gauge that is declared."""
    _expect(metric, MetricType.GAUGE)
    return Gauge(metric.name, metric.description, metric.label_names, registry=registry)


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """Create and register the histogram that is declared, with its buckets."""
    _expect(metric, MetricType.HISTOGRAM)
    return Histogram(metric.name, metric.description, metric.label_names, registry=registry, buckets=metric.buckets)


class UntypedCounter(Collector):
    """A value that only grows, exposed under a name without ``_total``.

    prometheus_client appends ``_total`` to every counter. The runbook's rule on
    ``suspicious_api_calls`` needs exactly that name, which both text formats allow for type unknown.
    """

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        _expect(metric, MetricType.UNKNOWN)
        self._metric = metric
        self._value = 0
        self._lock = threading.Lock()
        registry.register(self)

    def inc(self) -> None:
        """Add one."""
        with self._lock:
            self._value += 1

    def collect(self) -> Iterable[MetricFamily]:
        """Yield the one family of this collector."""
        yield UnknownMetricFamily(self._metric.name, self._metric.description, value=self._value)


def counter_family(metric: Metric) -> CounterMetricFamily:
    """Return an empty family for a counter whose values are read elsewhere at each scrape."""
    _expect(metric, MetricType.COUNTER)
    return CounterMetricFamily(metric.name, metric.description, labels=metric.label_names)


def gauge_family(metric: Metric) -> GaugeMetricFamily:
    """Return an empty family for a gauge whose values are read elsewhere at each scrape."""
    _expect(metric, MetricType.GAUGE)
    return GaugeMetricFamily(metric.name, metric.description, labels=metric.label_names)
