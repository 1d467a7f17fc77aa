"""Burn-rate alerts: proven by promtool, told in words that a person understands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from payment_alerts.promtool import Promtool
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_alerts.slo.burn_rate_alerts import slo_alerts
from payment_catalog.catalog import Catalog, build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Objectives
from payment_catalog.severities import Priority, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from payment_alerts.alert import Alert, AlertGroup

CATALOG = build_catalog(Settings())
GROUPS = slo_alerts(CATALOG)
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}


def write(directory: Path, catalog: Catalog, *groups: AlertGroup) -> tuple[list[Path], list[Path]]:
    for path, document in {**rules(catalog, groups), **rule_tests(catalog, groups)}.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document.content))
    return sorted(directory.glob("prometheus/rules/*")), sorted(directory.glob("prometheus/tests/*"))


def test_each_objective_pages_and_files_a_ticket() -> None:
    assert {alert.name: (alert.severity, alert.priority) for alert in ALERTS.values()} == {
        f"{stem}ErrorBudgetBurn{speed}": labels
        for stem in ("PaymentSuccess", "Availability", "Latency")
        for speed, labels in (("Fast", (Severity.CRITICAL, Priority.P1)), ("Slow", (Severity.WARNING, Priority.P3)))
    }


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_every_alert_is_proven_both_ways_and_reads_what_is_declared(alert: Alert) -> None:
    assert sum(bool(scenario.firing) for scenario in alert.scenarios) >= 1
    assert sum(not scenario.firing for scenario in alert.scenarios) >= 2
    assert len({scenario.title for scenario in alert.scenarios}) == len(alert.scenarios)
    declared = CATALOG.declared()
    for rule in (rule for group in GROUPS for rule in group.recordings):
        declared[rule.record] = analyse(rule.expr, declared).labels
    assert analyse(alert.expr, declared).problems == ()


@pytest.mark.parametrize("objective", ["success", "availability", "latency"])
@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(objectives=Objectives(window=timedelta(days=7), success=0.5, availability=0.9999, latency=0.9)),
    ],
    ids=["the runbook's objectives", "a week, from loose to strict"],
)
def test_every_scenario_holds_in_promtool(tmp_path: Path, settings: Settings, objective: str) -> None:
    catalog = build_catalog(settings)
    (group,) = (group for group in slo_alerts(catalog) if group.file == f"slo-{objective}.yaml")
    rule_files, test_files = write(tmp_path, catalog, group)
    promtool = Promtool()
    assert promtool.check_rules(rule_files) == ()
    assert promtool.test_rules(test_files) == ()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("> 14.4", "> 14.8"),
        ("> 14.4", "> 14"),
        ("> 6", "> 6.2"),
        ("> 6", "> 5.8"),
        (">= 10", ">= 13"),
        (">= 10", ">= 8"),
        ("errors:rate1h / (job:slo_success_events:rate1h", "errors:rate5m / (job:slo_success_events:rate5m"),
        ("errors:rate6h / (job:slo_success_events:rate6h", "errors:rate30m / (job:slo_success_events:rate30m"),
        ("errors:rate5m / (job:slo_success_events:rate5m", "errors:rate1h / (job:slo_success_events:rate1h"),
        ("errors:rate30m / (job:slo_success_events:rate30m", "errors:rate6h / (job:slo_success_events:rate6h"),
    ],
)
def test_a_changed_page_is_noticed(tmp_path: Path, right: str, wrong: str) -> None:
    group = GROUPS[0]
    page = group.alerts[0]
    assert right in page.expr
    write(tmp_path, CATALOG, replace(group, alerts=(page,)))
    changed = replace(group, alerts=(replace(page, expr=page.expr.replace(right, wrong), scenarios=()),))
    for path, document in rules(CATALOG, (changed,)).items():
        (tmp_path / path).write_text(yaml.safe_dump(document.content))
    findings = Promtool().test_rules(sorted(tmp_path.glob("prometheus/tests/*")))
    assert page.name in {finding.rule for finding in findings}


def test_the_description_says_when_the_budget_is_gone(tmp_path: Path) -> None:
    group = GROUPS[0]
    page = group.alerts[0]
    outage = next(scenario for scenario in page.scenarios if scenario.title.startswith("nothing succeeds"))
    (rule_file,), _ = write(tmp_path, CATALOG, replace(group, alerts=(page,)))
    annotations = {
        **page.annotations(CATALOG, Dashboard.SLO),
        "summary": "payment-service spends the error budget of 'Payments succeed' fast",
        "description": "Payments that succeed should be 95%. In production the error budget is spent 20.0 times too "
        "fast: at this rate the 30-day error budget is gone in 1d 12h 0m 0s.",
    }
    test = {
        "interval": "1m",
        "input_series": [{"series": series.series, "values": series.values} for series in outage.series],
        "alert_rule_test": [
            {
                "eval_time": f"{outage.at // timedelta(minutes=1)}m",
                "alertname": page.name,
                "exp_alerts": [
                    {"exp_labels": {**outage.firing[0], **page.labels(CATALOG)}, "exp_annotations": annotations}
                ],
            }
        ],
    }
    test_file = tmp_path / "description.yaml"
    test_file.write_text(yaml.safe_dump({"rule_files": [str(rule_file)], "evaluation_interval": "1m", "tests": [test]}))
    assert Promtool().test_rules([test_file]) == ()


def test_a_lowered_rate_is_said() -> None:
    loose = build_catalog(Settings(objectives=Objectives(success=0.9)))
    page = slo_alerts(loose)[0].alerts[0]
    assert "14.4 times is out of reach for 90%: 7.5 is taken instead." in page.description
    assert "> 7.5" in page.expr
    assert not any("out of reach" in alert.description for alert in ALERTS.values())
