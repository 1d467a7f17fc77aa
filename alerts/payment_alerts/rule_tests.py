"""promtool unit tests: each scenario of each alert.

A test asks for the series ``ALERTS``, so that it compares the labels of what fires, and nothing that
is only worded differently.

promtool evaluates all rules of a file of tests equally often: scenarios that ask for another pace are in files of their
own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from payment_alerts.scenario_series import selector
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.external_metrics import ALERTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import Alert, AlertGroup, Scenario
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

#: Between two evaluations of a group that names no interval.
EVALUATION_INTERVAL = timedelta(minutes=1)
TESTS_DIRECTORY = "prometheus/tests"


def rule_tests(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return a file of unit tests for each group and each distance between evaluations in it."""
    return {
        f"{TESTS_DIRECTORY}/{_name(group, every)}": YamlDocument(_file(catalog, group, every), __name__)
        for group in groups
        for every in sorted({_pace(group, scenario) for alert in group.alerts for scenario in alert.scenarios})
    }


def _usual_pace(group: AlertGroup) -> timedelta:
    return group.interval or EVALUATION_INTERVAL


def _pace(group: AlertGroup, scenario: Scenario) -> timedelta:
    return max(scenario.every, _usual_pace(group))


def _name(group: AlertGroup, every: timedelta) -> str:
    stem = group.file.removesuffix(".yaml")
    return group.file if every == _usual_pace(group) else f"{stem}.every-{format_duration(every)}.yaml"


def _file(catalog: Catalog, group: AlertGroup, every: timedelta) -> dict[str, Any]:
    return {
        "rule_files": [f"../rules/{group.file}"],
        "evaluation_interval": format_duration(every),
        **({"group_eval_order": list(group.names)} if len(group.names) > 1 else {}),
        "tests": [
            _test(catalog, alert, scenario)
            for alert in group.alerts
            for scenario in alert.scenarios
            if _pace(group, scenario) == every
        ],
    }


def _test(catalog: Catalog, alert: Alert, scenario: Scenario) -> dict[str, Any]:
    firing = {"alertname": alert.name, "alertstate": "firing"}
    return {
        "name": f"{alert.name}: {scenario.title}",
        "interval": "1m",
        "input_series": [{"series": series.series, "values": series.values} for series in scenario.series],
        "promql_expr_test": [
            {
                "expr": selector(ALERTS.name, firing),
                "eval_time": format_duration(scenario.at),
                "exp_samples": [
                    {"labels": selector(ALERTS.name, {**labels, **alert.labels(catalog), **firing}), "value": 1}
                    for labels in scenario.firing
                ],
            }
        ],
    }
