"""The recorded series of objectives: what they read, what they are worth, and how few they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from payment_alerts.promtool import Promtool
from payment_alerts.slo.recordings import recordings
from payment_alerts.tool import TIMEOUT, run_tool
from payment_catalog.catalog import build_catalog
from payment_catalog.http_metrics import LATENCY_BUCKETS
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.slos import bucket_matcher, latency_bound
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.slos import Objective

CATALOG = build_catalog(Settings())
OBJECTIVES = {objective.key: objective for objective in CATALOG.objectives}
JOB = 'environment="production", namespace="payment-service", job="payment-service"'
RULE_NAME = re.compile(r"job:slo_(success|availability|latency)(_events:rate|_errors:rate|:error_budget_remaining)\w*")


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_rules_read_what_is_declared_and_keep_only_the_jobs_labels(objective: Objective) -> None:
    declared = CATALOG.declared()
    for rule in recordings(objective):
        analysis = analyse(rule.expr, declared)
        assert analysis.problems == ()
        assert analysis.labels == {"environment", "namespace", "job"}
        assert RULE_NAME.fullmatch(rule.record)
        declared[rule.record] = analysis.labels


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_only_the_shortest_window_reads_counters(objective: Objective) -> None:
    assert len(recordings(objective)) == 17
    reading = [rule.record for rule in recordings(objective) if "rate(" in rule.expr]
    assert {name.rpartition(":")[2] for name in reading} == {"rate5m"}


@pytest.mark.parametrize(
    ("levels", "bound"),
    [
        (None, 0.2),
        (Levels(warning=0.5, critical=1), 0.5),
        (Levels(warning=0.25), 0.2),
        (Levels(warning=None, critical=2.5), 2.5),
        (Levels(warning=0.005, critical=0.01), 0.005),
        (Levels(warning=1, critical=5), 1.0),
    ],
)
def test_in_time_is_what_a_bucket_can_tell(levels: Levels | None, bound: float) -> None:
    settings = Settings(thresholds={ThresholdKey.API_LATENCY_P95: levels} if levels else {})
    assert latency_bound(settings) == bound
    assert bound in LATENCY_BUCKETS
    latency = build_catalog(settings).objectives[2]
    assert bucket_matcher(bound) in latency.counted
    assert f"within {bound:g}s" in latency.description


def value(directory: Path, objective: Objective, series: dict[str, str], expr: str, at: str = "2h10m") -> float | None:
    """Return the value of ``expr``: promtool expects no sample and tells which one it got."""
    rules = [{"record": rule.record, "expr": rule.expr} for rule in recordings(objective)]
    (directory / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "slo", "rules": rules}]}))
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": expr, "eval_time": at, "exp_samples": []}],
    }
    (directory / "test.yaml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]})
    )
    result = run_tool((Promtool().binary, "test", "rules", str(directory / "test.yaml")), TIMEOUT)
    got = re.search(r"got: ?.*\} (\S+)$", result.output, re.MULTILINE)
    assert (got is None) == (result.code == 0), result.output
    return float(got[1]) if got else None


def payments(succeeded: str, failed: str) -> dict[str, str]:
    return {
        f'payments_total{{{JOB}, instance="a:1", method="card", status="succeeded"}}': succeeded,
        f'payments_total{{{JOB}, instance="a:1", method="card", status="failed"}}': failed,
    }


@pytest.mark.parametrize(
    ("series", "left"),
    [
        (payments("0+100x130", "0+0x130"), 1),
        (payments("0+0x130", "0+0x130"), 1),
        (payments("0+95x130", "0+5x130"), 0),
        (payments("0+98x130", "0+2x130"), 0.6),
        (payments("0+0x130", "0+7x130"), -19),
        ({}, None),
    ],
    ids=["untouched", "no traffic", "spent", "two fifths spent", "overspent", "no data"],
)
def test_the_budget_left(tmp_path: Path, series: dict[str, str], left: float | None) -> None:
    found = value(tmp_path, OBJECTIVES["success"], series, "job:slo_success:error_budget_remaining")
    assert found == (None if left is None else pytest.approx(left, abs=1e-6))


def test_an_outage_weighs_what_its_events_weigh(tmp_path: Path) -> None:
    """An hour in which 10 of 10 fail after one in which 9,990 of 9,990 succeed is one in a thousand, not a half."""
    series = payments("0+166.5x60 9990+0x70", "0+0x60 0+0.2x50 10+0x20")
    expr = "job:slo_success_errors:rate6h / job:slo_success_events:rate6h"
    assert value(tmp_path, OBJECTIVES["success"], series, expr) == pytest.approx(0.001, rel=0.05)


def test_a_window_counts_the_events_that_there_were(tmp_path: Path) -> None:
    """A service that is new has the events of its minutes, not those of a whole window."""
    series = payments("_x60 0+10x30 300+0x40", "_x60 0+0x70")
    expr = "job:slo_success_events:rate6h * 21600"
    assert value(tmp_path, OBJECTIVES["success"], series, expr) == pytest.approx(300, rel=0.02)


def test_a_restart_is_no_error(tmp_path: Path) -> None:
    series = payments("0+100x60 0+100x69", "1000+0x60 0+0x69")
    assert value(tmp_path, OBJECTIVES["success"], series, "job:slo_success_errors:rate6h") == 0


def test_an_outage_without_any_good_request_is_seen(tmp_path: Path) -> None:
    series = {f'http_requests_total{{{JOB}, instance="a:1", method="POST", route="/payments", code="503"}}': "0+10x130"}
    expr = "job:slo_availability_errors:rate1h / job:slo_availability_events:rate1h"
    assert value(tmp_path, OBJECTIVES["availability"], series, expr) == pytest.approx(1)


@pytest.mark.parametrize("le", ["1", "1.0"])
def test_an_integer_bound_is_found_in_both_spellings(tmp_path: Path, le: str) -> None:
    settings = Settings(thresholds={ThresholdKey.API_LATENCY_P95: Levels(warning=1, critical=5)})
    latency = build_catalog(settings).objectives[2]
    name = "http_request_duration_seconds"
    labels = f'{JOB}, instance="a:1", method="GET", route="/payments"'
    series = {
        f'{name}_bucket{{{labels}, le="{le}"}}': "0+75x130",
        f'{name}_bucket{{{labels}, le="10.0"}}': "0+100x130",
        f"{name}_count{{{labels}}}": "0+100x130",
    }
    expr = "job:slo_latency_errors:rate1h / job:slo_latency_events:rate1h"
    assert value(tmp_path, latency, series, expr) == pytest.approx(0.25)


def test_a_service_without_that_bucket_is_not_taken_for_a_slow_one(tmp_path: Path) -> None:
    labels = f'{JOB}, instance="a:1", method="GET", route="/payments"'
    series = {f"http_request_duration_seconds_count{{{labels}}}": "0+100x130"}
    assert value(tmp_path, OBJECTIVES["latency"], series, "job:slo_latency_errors:rate5m") is None
    assert value(tmp_path, OBJECTIVES["latency"], series, "job:slo_latency_events:rate5m") == pytest.approx(100 / 60)
