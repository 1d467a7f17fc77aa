"""Evaluates the queries of panels by promtool, over series that are made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from payment_alerts.promtool import Promtool
from payment_catalog.promql import GRAFANA_DURATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def evaluates(
    directory: Path, expression: str, series: Mapping[str, str], expected: Mapping[str, float], at: str = "1h"
) -> None:
    """Assert that ``expression`` gives the ``expected`` values by label set, at that time after the series began.

    ``series`` are in promtool's notation, with a sample a minute.
    """
    for variable, duration in GRAFANA_DURATIONS.items():
        expression = expression.replace(variable, duration)
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test = {
        "name": "panel",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": expression, "eval_time": at, "exp_samples": samples}],
    }
    file = directory / "panel.test.yaml"
    file.write_text(yaml.safe_dump({"tests": [test]}), encoding="utf-8")
    assert Promtool().test_rules((file,)) == ()
