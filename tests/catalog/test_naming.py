"""Names of metrics: what is refused, and that promtool refuses the same."""

from __future__ import annotations

import subprocess

import pytest

from payment_alerts.tool import find_tool
from payment_catalog.catalog import build_catalog
from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.naming import naming_problems
from payment_catalog.settings import Settings

OURS = [
    metric
    for metric in build_catalog(Settings()).metrics
    if not metric.library and metric.published_by.startswith("payment-")
]


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_the_bundles_own_metrics_are_named_by_the_rules(metric: Metric) -> None:
    assert list(naming_problems(metric)) == []


def gauge(name: str, *labels: Label) -> Metric:
    return Metric(name, MetricType.GAUGE, "A metric.", "program", labels)


def promtool(metric: Metric) -> str:
    """Return what promtool says of a page with the metric."""
    labels = "{" + ",".join(f'{label.name}="x"' for label in metric.labels) + "}"
    page = f"# HELP {metric} {metric.description}\n# TYPE {metric} {metric.type}\n{metric}{labels} 1\n"
    result = subprocess.run(
        [find_tool("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, timeout=60, check=False
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ledgerPostings",
            "ledger_delay_milliseconds",
            "ledger_delay_ms",
            "ledger_age_minutes",
            "ledger_size_kilobytes",
        ),
        *("ledger_size_kb", "ledger_postings_gauge", "ledger_postings_count", "ledger_postings_sum", "ledger:postings"),
    ],
)
def test_what_promtool_refuses_is_refused(name: str) -> None:
    assert promtool(gauge(name))
    assert list(naming_problems(gauge(name)))


@pytest.mark.parametrize(
    "name", ["ledger_postings_pending", "ledger_delay_seconds", "ledger_size_bytes", "ledger_ratio"]
)
def test_a_good_name_is_good_to_both(name: str) -> None:
    assert promtool(gauge(name)) == ""
    assert list(naming_problems(gauge(name))) == []


@pytest.mark.parametrize(
    "label", ["job", "instance", "environment", "namespace", "le", "alertname", "level", "Kind", "a-b"]
)
def test_a_label_of_somebody_else_is_refused(label: str) -> None:
    (problem,) = naming_problems(gauge("ledger_postings", Label(label, ("x",))))
    assert f"has the label '{label}'" in problem


def test_a_label_stands_once() -> None:
    kind = Label("kind", ("x",))
    assert list(naming_problems(gauge("ledger_postings", kind, kind))) == ["has the label 'kind' twice"]
