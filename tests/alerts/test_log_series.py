"""Lines that Fluentd reads and lines that Elasticsearch holds are recorded alike, so that they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from payment_alerts.log_line_scenarios import at_pace, counted, fluentd_target
from payment_alerts.promtool import Promtool
from payment_alerts.scenario_series import exporter_target, selector, steady
from payment_catalog.exporter_metrics import elasticsearch
from payment_catalog.log_series import COMPARED, log_series
from payment_catalog.settings import Settings
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings()
SERIES = log_series(SETTINGS)
MINUTES = 60


def test_what_all_nodes_read_is_what_any_exporter_finds_where_none_is_lost(tmp_path: Path) -> None:
    node, exporter = fluentd_target(SETTINGS), exporter_target(SETTINGS)
    fed = [
        counted(by, pattern, at_pace(pace, MINUTES))
        for by in (node, node.second)
        for pattern, pace in ((LogPattern.ERROR, 1), (LogPattern.AUTH_FAILED, 3))
    ]
    (label,) = elasticsearch.LOG_LINES.label_names
    fed += [
        by.series(
            elasticsearch.LOG_LINES.name,
            steady(pace * elasticsearch.LOG_WINDOW_SECONDS, MINUTES),
            **{label: pattern.value},
        )
        for by in (exporter, exporter.second)
        for pattern, pace in ((LogPattern.ERROR, 2), (LogPattern.AUTH_FAILED, 6))
    ]
    place = {"environment": node.environment, "namespace": node.namespace}
    tests = [
        {
            "expr": rule.expr,
            "eval_time": "50m",
            "exp_samples": [
                {"labels": selector("", {**place, label: pattern.value}), "value": value}
                for pattern, value in ((LogPattern.ERROR, 2), (LogPattern.AUTH_FAILED, 6))
            ],
        }
        for rule in SERIES.rules
    ]
    series = [{"series": one.series, "values": one.values} for one in fed]
    file = tmp_path / "lines.test.yaml"
    file.write_text(
        yaml.safe_dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}]}),
        encoding="utf-8",
    )
    assert Promtool().test_rules((file,)) == ()


def test_what_is_compared_spans_several_counts_of_the_exporter() -> None:
    assert COMPARED.total_seconds() >= 3 * elasticsearch.LOG_WINDOW_SECONDS
