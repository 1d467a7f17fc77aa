"""What is declared is sound, and becomes a collector of exactly that name."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from payment_catalog.catalog import build_catalog
from payment_catalog.exposition import UntypedCounter, counter
from payment_catalog.http_metrics import HTTP_REQUEST_DURATION, HTTP_REQUESTS
from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.service_metrics import SUSPICIOUS_API_CALLS
from payment_catalog.settings import Settings


def test_each_program_publishes_a_name_once() -> None:
    names = [(metric.published_by, metric.name) for metric in build_catalog(Settings()).metrics]
    assert len(names) == len(set(names))


def test_latency_buckets_hold_the_runbooks_limits_exactly() -> None:
    assert {0.2, 0.5} <= set(HTTP_REQUEST_DURATION.buckets)


@pytest.mark.parametrize(
    ("name", "kind", "buckets"),
    [
        ("requests", MetricType.COUNTER, ()),
        ("requests_total", MetricType.GAUGE, ()),
        ("seconds", MetricType.HISTOGRAM, ()),
        ("seconds", MetricType.GAUGE, (1.0,)),
    ],
)
def test_an_unsound_declaration_is_refused(name: str, kind: MetricType, buckets: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=name):
        Metric(name, kind, "A metric.", "program", buckets=buckets)


def test_a_label_says_what_bounds_it() -> None:
    with pytest.raises(ValueError, match="what bounds"):
        Label("id")


def test_suspicious_api_calls_keeps_its_name_in_both_formats() -> None:
    registry = CollectorRegistry()
    calls = UntypedCounter(SUSPICIOUS_API_CALLS, registry)
    calls.inc()
    for text in (generate_latest(registry).decode(), generate_openmetrics(registry).decode()):
        assert "\nsuspicious_api_calls 1.0\n" in text
        assert "suspicious_api_calls_total" not in text


def test_a_collector_of_another_type_than_declared_is_refused() -> None:
    with pytest.raises(TypeError, match="declared as histogram"):
        counter(HTTP_REQUEST_DURATION, CollectorRegistry())


def test_a_counter_has_the_declared_labels() -> None:
    registry = CollectorRegistry()
    counter(HTTP_REQUESTS, registry).labels("GET", "/payments", "200").inc()
    assert 'http_requests_total{code="200",method="GET",route="/payments"} 1.0' in generate_latest(registry).decode()
