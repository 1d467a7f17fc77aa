"""What MetricsMissing looks for: what alerts read and what must be there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payment_alerts.groups import alert_groups
from payment_alerts.published_metrics import COLLECTED, REQUESTED, SCRAPED, Expected, expected_metrics
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
EXPECTED = {found.metric.name: found for found in expected_metrics(CATALOG, GROUPS)}


@pytest.mark.parametrize(
    ("metric", "demanded_by", "collector"),
    [
        ("payments_total", SCRAPED, ""),
        ("http_requests_total", REQUESTED, ""),
        ("business_payments_total", COLLECTED, "business"),
        ("payment_exporter_collector_success", SCRAPED, ""),
    ],
)
def test_what_demands_a_metric(metric: str, demanded_by: str, collector: str) -> None:
    assert (EXPECTED[metric].demanded_by, EXPECTED[metric].collector) == (demanded_by, collector)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("database_connections", "another database than PostgreSQL has no such figures"),
        ("payment_probe_success", "the configuration may name no target"),
        ("fiuu_retries_total", "no alert reads it"),
        ("up", "Prometheus publishes it"),
    ],
)
def test_what_may_be_missing(metric: str, reason: str) -> None:
    assert metric in {declared.name for declared in CATALOG.metrics}
    assert metric not in EXPECTED, reason


def test_a_metric_that_no_alert_reads_any_more_is_not_expected() -> None:
    others = [
        replace(group, alerts=tuple(alert for alert in group.alerts if alert.name != "CircuitBreakerOpen"))
        for group in GROUPS
        if group.file != "metrics-missing.yaml"
    ]
    lost = EXPECTED.keys() - {found.metric.name for found in expected_metrics(CATALOG, others)}
    assert lost == {"fiuu_circuit_breaker_state"}


def test_a_histogram_is_looked_for_by_its_count() -> None:
    latency: Expected = EXPECTED["http_request_duration_seconds"]
    assert latency.series == "http_request_duration_seconds_count"
