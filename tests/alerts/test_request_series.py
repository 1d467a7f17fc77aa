"""What is recorded of requests for the dashboards says the same as the counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from payment_alerts.promtool import Promtool
from payment_alerts.scenario_series import rising, selector, service_target
from payment_catalog.catalog import build_catalog
from payment_catalog.http_metrics import HTTP_REQUEST_DURATION, HTTP_REQUESTS
from payment_catalog.request_series import request_series
from payment_catalog.service_metrics import GATEWAY_REQUEST_DURATION
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = build_catalog(Settings())
SERIES = request_series(CATALOG.settings)
TARGET = service_target(CATALOG.settings)


def test_rates_are_summed_by_what_dashboards_ask_for(tmp_path: Path) -> None:
    pay = {"method": "POST", "route": "/payments"}
    other = TARGET.second
    fed = (
        TARGET.series(HTTP_REQUESTS.name, rising(60, 20), **pay, code="201"),
        TARGET.series(HTTP_REQUESTS.name, rising(120, 20), **pay, code="500"),
        TARGET.series(HTTP_REQUESTS.name, rising(180, 20), method="GET", route="/health", code="500"),
        other.series(HTTP_REQUESTS.name, rising(240, 20), **pay, code="201"),
        TARGET.series(HTTP_REQUEST_DURATION.bucket, rising(60, 20), **pay, le="0.2"),
        other.series(HTTP_REQUEST_DURATION.bucket, rising(120, 20), **pay, le="0.2"),
        other.series(HTTP_REQUEST_DURATION.bucket, rising(120, 20), **pay, le="+Inf"),
    )
    gateway = GATEWAY_REQUEST_DURATION.bucket
    fed = (
        *fed,
        TARGET.series(gateway, rising(60, 20), operation="charge", le="0.5"),
        TARGET.series(gateway, rising(120, 20), operation="refund", le="0.5"),
        other.series(gateway, rising(60, 20), operation="charge", le="+Inf"),
    )
    job = TARGET.job_labels
    expected = {
        SERIES.by_route: {
            selector("", {**job, **pay, "code": "201"}): 5,
            selector("", {**job, **pay, "code": "500"}): 2,
            selector("", {**job, "method": "GET", "route": "/health", "code": "500"}): 3,
        },
        SERIES.by_instance: {
            selector("", {**TARGET.instance_labels, "code": "201"}): 1,
            selector("", {**TARGET.instance_labels, "code": "500"}): 5,
            selector("", {**other.instance_labels, "code": "201"}): 4,
        },
        SERIES.durations: {
            selector("", {**job, **pay, "le": "0.2"}): 3,
            selector("", {**job, **pay, "le": "+Inf"}): 2,
        },
        SERIES.gateway_durations: {selector("", {**job, "le": "0.5"}): 3, selector("", {**job, "le": "+Inf"}): 1},
    }
    rules = [{"record": rule.record, "expr": rule.expr} for rule in SERIES.rules]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "requests", "rules": rules}]}))
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series.series, "values": series.values} for series in fed],
                "promql_expr_test": [
                    {
                        # A rate of the window may be off by a rounding error.
                        "expr": f"round({rule.record}, 0.001)",
                        "eval_time": "15m",
                        "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
                    }
                    for rule, samples in expected.items()
                ],
            }
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    assert Promtool().test_rules((file,)) == ()
