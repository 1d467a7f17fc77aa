"""Which metrics must be published, and what shows that they must.

Whether a metric must be there is known where its declaration sets no condition: of the service from its first scrape
on, or, where a label's values come with the requests, from the first request on; of an exporter's collector when it
has succeeded. Where a label's values come from the exporter's configuration, that may name none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.scenario_series import selector
from payment_catalog import service_metrics
from payment_catalog.exporter_metrics import COLLECTOR_METRICS, operation
from payment_catalog.external_metrics import UP
from payment_catalog.metric import Metric, MetricType
from payment_catalog.promql import PromQLError, analyse, quote
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.signal import RecordingRule
from payment_catalog.signals import JOB, exporter_job, service_job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

#: An instance of the job is scraped.
SCRAPED = "job:scrape:success"
#: The job has had a request.
REQUESTED = "job:http_requests:seen"
#: The collector has succeeded.
COLLECTED = "job_collector:collection:success"

_COLLECTOR = operation.COLLECTOR.name


@dataclass(frozen=True, slots=True)
class Expected:
    """A metric that ``job`` must publish wherever there is a series ``demanded_by``, of its ``collector`` if any."""

    metric: Metric
    job: str
    demanded_by: str
    collector: str = ""

    @property
    def series(self) -> str:
        """A name under which the metric has few series."""
        return f"{self.metric}_count" if self.metric.type is MetricType.HISTOGRAM else self.metric.name

    @property
    def demand(self) -> str:
        """The series that demands it, as a selector."""
        if self.collector:
            return selector(self.demanded_by, {_COLLECTOR: self.collector})
        return selector(self.demanded_by, {"job": self.job}) if self.demanded_by == SCRAPED else self.demanded_by


def publishing(catalog: Catalog) -> tuple[RecordingRule, ...]:
    """Return the series that show that a job publishes what it has to."""
    service, exporter = service_job(catalog.settings), exporter_job(catalog.settings)
    jobs = quote(f"{catalog.settings.service}|{catalog.settings.exporter}")
    return (
        RecordingRule(SCRAPED, f"max by ({JOB}) ({UP}{{job=~{jobs}}}) == 1"),
        # The limiter decides on each request, and has its series from the start.
        RecordingRule(REQUESTED, f"sum by ({JOB}) ({service_metrics.RATE_LIMIT_REQUESTS}{{{service}}}) > 0"),
        RecordingRule(COLLECTED, f"max by ({JOB}, {_COLLECTOR}) ({operation.COLLECTOR_SUCCESS}{{{exporter}}}) == 1"),
    )


def _selected(expression: str) -> frozenset[str]:
    try:
        return analyse(expression, {}).selected
    except PromQLError:
        return frozenset()


def expected_metrics(catalog: Catalog, groups: Iterable[AlertGroup]) -> tuple[Expected, ...]:
    """Return what must be published of that which the rules of ``groups`` read, in the catalogue's order.

    An expression that cannot be parsed reads nothing here: the check of expressions says where it stands.
    """
    groups = tuple(groups)
    recordings = tuple(rule for group in groups for rule in group.recordings)
    alerts = (alert.expr for group in groups for alert in group.alerts)
    expressions = (*(rule.expr for rule in recordings), *alerts)
    read = frozenset[str]().union(*(_selected(expression) for expression in expressions))
    return tuple(
        _expected(catalog.settings, metric)
        for metric in catalog.metrics
        if metric.published_by in {SERVICE, EXPORTER}
        and not (metric.library or metric.conditional)
        and (metric.published_by == SERVICE or _is_closed(metric))
        and not read.isdisjoint(metric.series_names)
    )


def _is_closed(metric: Metric) -> bool:
    return all(label.values for label in metric.labels)


def _expected(settings: Settings, metric: Metric) -> Expected:
    if metric.published_by == SERVICE:
        return Expected(metric, settings.service, SCRAPED if _is_closed(metric) else REQUESTED)
    for collector, metrics in COLLECTOR_METRICS.items():
        if metric in metrics:
            return Expected(metric, settings.exporter, COLLECTED, collector.value)
    return Expected(metric, settings.exporter, SCRAPED)
