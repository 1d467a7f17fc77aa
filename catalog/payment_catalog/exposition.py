"""From a declared metric to a collector of prometheus_client, so that names and labels are written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from prometheus_client import Counter, Gauge, Histogram, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UnknownMetricFamily
from prometheus_client.registry import Collector

from payment_catalog.metric import Metric, MetricType, WorkerAggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric as MetricFamily

LabelsT = TypeVar("LabelsT", bound=tuple[str, ...])

#: prometheus_client's names; "live" leaves out the workers that are gone.
_MODES: Mapping[WorkerAggregation, Literal["livesum", "livemax", "livemin", "livemostrecent"]] = {
    WorkerAggregation.SUM: "livesum",
    WorkerAggregation.MAX: "livemax",
    WorkerAggregation.MIN: "livemin",
    WorkerAggregation.LATEST: "livemostrecent",
}


def _expect(metric: Metric, *types: MetricType) -> None:
    if metric.type not in types:
        raise TypeError(f"{metric.name} is declared as {metric.type}, not as {' or '.join(types)}")


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """Create and register the counter that is declared; series without labels start at 0."""
    _expect(metric, MetricType.COUNTER)
    return Counter(metric.name, metric.description, metric.label_names, registry=registry)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """Create and register the gauge that is declared, with its aggregation over worker processes."""
    _expect(metric, MetricType.GAUGE)
    return Gauge(
        metric.name,
        metric.description,
        metric.label_names,
        registry=registry,
        multiprocess_mode=_MODES[metric.workers],
    )


def histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    """Create and register the histogram that is declared, with its buckets."""
    _expect(metric, MetricType.HISTOGRAM)
    return Histogram(metric.name, metric.description, metric.label_names, registry=registry, buckets=metric.buckets)


class UntypedCounter(Collector):
    """A value that only grows, exposed under a name without ``_total``.

    prometheus_client appends ``_total`` to every counter. The runbook's rule on
    ``suspicious_api_calls`` needs exactly that name, which both text formats allow for type unknown.
    The value is stored as the library stores its own: with several worker processes it is summed over
    them, and kept when one of them ends.
    """

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        _expect(metric, MetricType.UNKNOWN)
        self._metric = metric
        self._value = values.ValueClass(metric.type.value, metric.name, metric.name, (), (), metric.description)
        registry.register(self)

    def inc(self) -> None:
        """Add one."""
        self._value.inc(1)

    def collect(self) -> Iterable[MetricFamily]:
        """Yield the one family of this collector."""
        yield UnknownMetricFamily(self._metric.name, self._metric.description, value=self._value.get())


def family(metric: Metric, series: Mapping[LabelsT, float]) -> MetricFamily:
    """Return the family of a counter or gauge whose values are read elsewhere at each scrape, by label values."""
    _expect(metric, MetricType.COUNTER, MetricType.GAUGE)
    kind: type[CounterMetricFamily | GaugeMetricFamily] = (
        CounterMetricFamily if metric.type is MetricType.COUNTER else GaugeMetricFamily
    )
    made = kind(metric.name, metric.description, labels=metric.label_names)
    for labels, value in series.items():
        made.add_metric(labels, value)
    return made


def single(metric: Metric, value: float) -> MetricFamily:
    """Return the family of a counter or gauge without labels."""
    return family(metric, {(): value})
