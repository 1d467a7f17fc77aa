"""The contract: what is declared is published, and what is published is declared."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from payment_alerts.groups import alert_groups
from payment_alerts.tool import find_tool
from payment_catalog.catalog import build_catalog
from payment_catalog.exporter_metrics import COLLECTOR_METRICS, failover, host, probe
from payment_catalog.external_metrics import UP
from payment_catalog.monitoring import MONITORING, MONITORING_JOBS
from payment_catalog.prometheus_metrics import ALERTMANAGER, ALERTMANAGER_METRICS, PROMETHEUS, PROMETHEUS_METRICS
from payment_catalog.publishers import EXPORTER, SERVICE
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from conftest import House, Wait

    from payment_catalog.metric import Metric

CATALOG = build_catalog(Settings())

#: Metrics that the demo's exporter need not publish: it has no Elasticsearch and no archive, its machine may limit
#: nothing, and nobody has tested a failover of it.
#: The tests of these collectors show that they are published.
ELSEWHERE = {
    *(metric.name for metric in COLLECTOR_METRICS[ExporterCollector.ELASTICSEARCH]),
    *(metric.name for metric in COLLECTOR_METRICS[ExporterCollector.ARCHIVE]),
    *(metric.name for metric in (host.CGROUP_MEMORY, host.CGROUP_MEMORY_LIMIT)),
    *(metric.name for metric in (host.CGROUP_CPU_LIMIT, host.CGROUP_CPU_THROTTLED)),
    *(metric.name for metric in failover.METRICS),
    probe.TLS_EXPIRY.name,
}

#: Seconds within which Prometheus evaluates a group of the demo that names no interval, and more.
EVERY_GROUP_BY = 60


def declared_by(publisher: str) -> dict[str, Metric]:
    return {
        name: metric for metric in CATALOG.metrics if metric.published_by == publisher for name in metric.series_names
    }


def published_at(url: str) -> dict[str, list[dict[str, str]]]:
    """Return the labels of every series by its name."""
    series: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(requests.get(url, timeout=10).text):
        for sample in family.samples:
            series.setdefault(sample.name, []).append(dict(sample.labels))
    return series


def addresses(house: House) -> dict[str, str]:
    return {
        SERVICE: f"http://127.0.0.1:{house.ports.service}/metrics",
        EXPORTER: f"http://127.0.0.1:{house.ports.exporter}/metrics",
    }


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_what_is_declared_is_published_and_nothing_else(house: House, wait: Wait, publisher: str) -> None:
    url, declared = addresses(house)[publisher], declared_by(publisher)
    wait("every declared metric is published", 60, lambda: declared.keys() - ELSEWHERE <= published_at(url).keys())
    assert published_at(url).keys() - declared.keys() == set()


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_labels_are_those_that_are_declared(house: House, wait: Wait, publisher: str) -> None:
    url, declared = addresses(house)[publisher], declared_by(publisher)
    wait("every declared metric is published", 60, lambda: declared.keys() - ELSEWHERE <= published_at(url).keys())
    for name, series in published_at(url).items():
        metric = declared[name]
        for labels in series:
            assert set(labels) == set(metric.series_names[name]), name
            for label in metric.labels:
                assert not label.values or labels[label.name] in label.values, f"{name} {labels}"


@pytest.mark.parametrize(
    ("publisher", "declared"), [(PROMETHEUS, PROMETHEUS_METRICS), (ALERTMANAGER, ALERTMANAGER_METRICS)]
)
def test_the_monitoring_publishes_what_is_declared_of_it(
    house: House, wait: Wait, publisher: str, declared: tuple[Metric, ...]
) -> None:
    port = {PROMETHEUS: house.ports.prometheus, ALERTMANAGER: house.ports.alertmanager}[publisher]
    url = f"http://127.0.0.1:{port}/metrics"
    unconditional = {metric.name: metric for metric in declared if not metric.conditional}
    wait("every declared metric is published", 60, lambda: unconditional.keys() <= published_at(url).keys())
    published = published_at(url)
    for name, metric in unconditional.items():
        for labels in published[name]:
            assert set(metric.label_names) <= set(labels), name


def test_the_monitoring_watches_itself(house: House, wait: Wait) -> None:
    prometheus = house.stack.prometheus

    def watched() -> dict[str, float]:
        found = prometheus.query(f'{UP}{{environment="{MONITORING}", namespace="{CATALOG.settings.namespace}"}}')
        return {sample.labels["job"]: sample.value for sample in found}

    wait("Prometheus and Alertmanager are scraped", 60, lambda: watched() == dict.fromkeys(MONITORING_JOBS, 1))
    wait("the Watchdog fires", 60, lambda: "Watchdog" in prometheus.firing())


def test_no_metric_that_alerts_read_is_missing(house: House, wait: Wait) -> None:
    group = next(group for group in alert_groups(house.stack.catalog) if group.file == "metrics-missing.yaml")
    missing = next(alert for alert in group.alerts if alert.name == "MetricsMissing")
    demands = [rule.record for rule in group.recordings]
    wait(
        "what demands metrics is recorded",
        60,
        lambda: all(house.stack.prometheus.query(demand) for demand in demands),
    )
    wait("none is missing", 60, lambda: house.stack.prometheus.query(missing.expr) == ())


def test_prometheus_evaluates_every_rule(house: House, wait: Wait) -> None:
    """A group with an interval of its own may not be due yet: then its expressions are asked."""
    api = f"http://127.0.0.1:{house.ports.prometheus}/api/v1"

    def answers(query: str) -> bool:
        return requests.get(f"{api}/query", {"query": query}, timeout=10).json()["status"] == "success"

    def not_evaluated() -> set[str]:
        groups = requests.get(f"{api}/rules", timeout=10).json()["data"]["groups"]
        return {
            rule["name"]
            for group in groups
            for rule in group["rules"]
            if rule["health"] != "ok"
            and not (rule["health"] == "unknown" and group["interval"] > EVERY_GROUP_BY and answers(rule["query"]))
        }

    wait("every rule is evaluated", EVERY_GROUP_BY, lambda: not_evaluated() == set())


@pytest.mark.parametrize("publisher", [SERVICE, EXPORTER])
def test_promtool_has_nothing_against_the_metrics(house: House, publisher: str) -> None:
    page = requests.get(addresses(house)[publisher], timeout=10).text
    found = subprocess.run(
        [find_tool("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, timeout=30, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "pattern",
    [
        "fiuu_circuit_breaker_state",
        "rate_limit",
        "http_request_duration_seconds",
        "db_connections",
        "goroutines",
        "security_events",
        "failed_auth_total",
        "suspicious_api_calls",
    ],
)
def test_the_runbooks_grep_finds_a_value(house: House, pattern: str) -> None:
    lines = requests.get(f"http://127.0.0.1:{house.ports.service}/metrics", timeout=10).text.splitlines()
    assert any(pattern in line and not line.startswith("#") for line in lines)
