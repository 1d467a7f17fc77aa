"""Puts the figures together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_alerts.monitoring_alerts import MONITORING_FILE
from payment_bundle.capacity import costs, log_volume
from payment_bundle.capacity.added_metrics import assumed_extents
from payment_bundle.capacity.evaluation import evaluation
from payment_bundle.capacity.figure import Counted, Estimate, Figure, Key
from payment_bundle.capacity.recorded import stored
from payment_bundle.capacity.scraped import OF_EACH_TARGET, scraped_series
from payment_catalog.cardinality import Amount, exactly, series_of, total
from payment_catalog.durations import format_duration
from payment_catalog.external_metrics import ALERTS, ALERTS_FOR_STATE
from payment_catalog.fluentd_metrics import FLUENTD
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS
from payment_catalog.prometheus_metrics import ALERTMANAGER, PROMETHEUS
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.vocabulary import LogStream
from payment_logging.elasticsearch.lifecycle import LARGEST_SHARD, indices_by_age, rollover_age

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from payment_alerts.alert import AlertGroup
    from payment_bundle.capacity.population import Population
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

#: Alerts of one service in one environment while it is down: its symptom, its objectives, and what waits for it.
ALERTS_OF_OUTAGE = Amount(3, 10)
#: A primary and the copy that the index template asks for.
COPIES = 2

_CATALOGUE = "the catalogue"
_MEASURED = "`benchmarks/capacity.py`"
_PROMETHEUS_STORAGE = "Prometheus, docs/storage.md"


def estimate(catalog: Catalog, groups: Sequence[AlertGroup], population: Population, retention: timedelta) -> Estimate:
    """Return what ``population`` needs, each service with the rules of ``groups``; Prometheus keeps ``retention``."""
    parts = _Parts.of(catalog, groups, population)
    figures = (
        *_series(parts),
        *_prometheus(parts, catalog.settings, retention),
        *_logs(catalog.settings, population),
    )
    return Estimate(population, {figure.key: figure for figure in figures})


def split(groups: Sequence[AlertGroup]) -> tuple[tuple[AlertGroup, ...], tuple[AlertGroup, ...]]:
    """Return the groups that each service has, and those on the monitoring, of which a Prometheus needs one set."""
    return (
        tuple(group for group in groups if group.file != MONITORING_FILE),
        tuple(group for group in groups if group.file == MONITORING_FILE),
    )


def rules_in(groups: Sequence[AlertGroup]) -> int:
    """Return how many rules the groups have."""
    return sum(len(group.alerts) + len(group.recordings) for group in groups)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the figures are made of."""

    population: Population
    scraped: Mapping[str, Amount]
    recorded: Amount
    alerts: Amount
    rules: int
    evaluated: Amount

    @classmethod
    def of(cls, catalog: Catalog, groups: Sequence[AlertGroup], population: Population) -> _Parts:
        alerts = sum(len(group.alerts) for group in groups)
        extents = {**population.extents(alerts, len(groups)), **assumed_extents(catalog)}
        found = stored(catalog, groups, population, extents)
        firing = total(*(series_of(metric, extents) for metric in (ALERTS, ALERTS_FOR_STATE)))
        of_each, of_all = split(groups)
        scraping = catalog.settings.scraping
        return cls(
            population,
            scraped_series(catalog.metrics, population, extents, len(groups)),
            total(*found.recorded.values()) * population.services,
            firing * Amount(1, population.environments) * population.services,
            rules_in(of_each) * population.services + rules_in(of_all),
            evaluation(of_each, found, scraping).seconds * population.services
            + evaluation(of_all, found, scraping).seconds,
        )

    @property
    def series(self) -> Amount:
        return total(*self.scraped.values(), self.recorded, self.alerts)


def _series(parts: _Parts) -> tuple[Figure, ...]:
    scraped, targets = parts.scraped, parts.population.targets
    synthetic = f"+ {OF_EACH_TARGET} a target"
    count = Counted.PIECES
    return (
        Figure(
            Key.TARGETS,
            "Targets",
            count,
            exactly(sum(targets.values())),
            "instances + exporters + nodes (kubelet, Fluentd) + 1 kube-state-metrics an environment + Prometheus and "
            "Alertmanager",
            "settings",
        ),
        Figure(
            Key.SERVICE_SERIES,
            "Series of the services",
            count,
            scraped[SERVICE],
            f"instances × ∑ metrics {synthetic}",
            _CATALOGUE,
        ),
        Figure(
            Key.EXPORTER_SERIES,
            "Series of the exporters",
            count,
            scraped[EXPORTER],
            f"exporters × ∑ metrics {synthetic}",
            _CATALOGUE,
        ),
        Figure(
            Key.KUBERNETES_SERIES,
            "Series of kube-state-metrics and cAdvisor",
            count,
            scraped[KUBE_STATE_METRICS] + scraped[CADVISOR],
            f"services × environments × ∑ metrics {synthetic}; only what rules read is kept",
            _CATALOGUE,
        ),
        Figure(
            Key.FLUENTD_SERIES,
            "Series of Fluentd",
            count,
            scraped[FLUENTD],
            "nodes × its page + 2 for each log file",
            "its Prometheus plugin",
            estimated=True,
        ),
        Figure(
            Key.MONITORING_SERIES,
            "Series of Prometheus and Alertmanager",
            count,
            scraped[PROMETHEUS] + scraped[ALERTMANAGER],
            "their pages + 10 for each rule group",
            "counted on Prometheus 2.42; a guess for Alertmanager",
            estimated=True,
        ),
        Figure(
            Key.RECORDED_SERIES,
            "Series of rules",
            count,
            parts.recorded + parts.alerts,
            "services × ∑ recording rules ∏ values of the labels of the result, ALERTS and ALERTS_FOR_STATE",
            "PromQL analysis of the rules",
        ),
        Figure(Key.SERIES, "Series", count, parts.series, "the sum", _CATALOGUE),
    )


def _prometheus(parts: _Parts, settings: Settings, retention: timedelta) -> tuple[Figure, ...]:
    scraping = settings.scraping
    scrape, evaluate = scraping.interval.total_seconds(), scraping.evaluation_interval.total_seconds()
    samples = total(*parts.scraped.values()) / scrape + (parts.recorded + parts.alerts) / evaluate
    rules = exactly(parts.rules)
    on_disk = samples * (costs.SAMPLE_BYTES * retention.total_seconds() + costs.WAL_SECONDS * costs.WAL_SAMPLE_BYTES)
    return (
        Figure(
            Key.SAMPLES,
            "Samples a second",
            Counted.PER_SECOND,
            samples,
            "scraped series / scrape interval + recorded series / evaluation interval",
            "settings",
        ),
        Figure(
            Key.RULES,
            "Rules",
            Counted.PIECES,
            rules,
            "services × rules of the generated groups; those on the monitoring itself once",
            "generated groups",
        ),
        Figure(
            Key.RULE_SECONDS,
            f"Evaluation of the rules, seconds of a core each {format_duration(scraping.evaluation_interval)}",
            Counted.SECONDS,
            parts.evaluated,
            f"rules × {costs.RULE_SECONDS.usual * 1e6:g} µs + samples read × {costs.READ_SECONDS.usual * 1e9:g} ns",
            _MEASURED,
        ),
        Figure(
            Key.MEMORY,
            "Memory of Prometheus, all together",
            Counted.BYTES,
            costs.PROCESS_BYTES + costs.SERIES_BYTES * parts.series + costs.RULE_BYTES * rules,
            f"{costs.PROCESS_BYTES.usual / costs.MIB:g} MiB + series × {costs.SERIES_BYTES.usual / costs.KIB:g} KiB"
            f" + rules × {costs.RULE_BYTES.usual / costs.KIB:g} KiB",
            f"robustperception.io; {_MEASURED}",
        ),
        Figure(
            Key.DISK,
            f"Disk of Prometheus, {format_duration(retention)} kept",
            Counted.BYTES,
            on_disk,
            f"retention × samples a second × {costs.SAMPLE_BYTES.usual:g} bytes, and two hours of write-ahead log",
            f"{_PROMETHEUS_STORAGE}; {_MEASURED}",
        ),
        Figure(
            Key.ALERTS,
            "Alerts while all are down",
            Counted.PIECES,
            ALERTS_OF_OUTAGE * parts.population.places,
            f"services × environments × {ALERTS_OF_OUTAGE.usual:g}",
            "a guess that errs on the high side",
            estimated=True,
        ),
    )


def _logs(settings: Settings, population: Population) -> tuple[Figure, ...]:
    payments = population.services * population.payments_per_second
    kept = settings.retention.logs
    written = log_volume.BYTES_OF_PAYMENT * payments
    age = rollover_age(kept)
    held = log_volume.BYTES_OF_PAYMENT * population.payments_per_second * (kept + age).total_seconds()
    filled = Amount(*(bytes_ // (LARGEST_SHARD * 2**30) for bytes_ in (held.usual, held.most)))
    indices = exactly(len(LogStream) * indices_by_age(kept)) + filled
    return (
        Figure(
            Key.LOG_LINES,
            "Log lines a second",
            Counted.PER_SECOND,
            log_volume.LINES_OF_PAYMENT * payments,
            f"payments a second × ({log_volume.REQUESTS_OF_PAYMENT.usual:g} requests + "
            f"{log_volume.EVENTS_OF_PAYMENT.usual:g} event)",
            _MEASURED,
        ),
        Figure(
            Key.LOG_BYTES,
            "Log bytes a second",
            Counted.BYTES_PER_SECOND,
            written,
            f"lines × {log_volume.REQUEST_BYTES.usual:g} and {log_volume.EVENT_BYTES.usual:g} bytes, and the runtime's "
            f"{log_volume.RUNTIME_BYTES.usual:g}",
            _MEASURED,
        ),
        Figure(
            Key.LOG_BYTES_KEPT,
            f"Log lines that can be searched, {format_duration(kept)}",
            Counted.BYTES,
            held * population.services,
            f"bytes a second × (`retention.logs` + {format_duration(age)} until an index ends), as written; one copy, "
            "before compression",
            "settings",
        ),
        Figure(
            Key.LOG_SHARDS,
            "Shards of Elasticsearch",
            Counted.PIECES,
            indices * COPIES * population.services,
            f"services × ({len(LogStream)} data streams × (⌈`retention.logs` / {format_duration(age)}⌉ + 1) + "
            f"searchable bytes / {LARGEST_SHARD} GiB) × {COPIES} copies",
            "the index template and the life cycle",
        ),
    )
