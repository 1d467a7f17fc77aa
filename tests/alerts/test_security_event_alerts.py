"""Alerts on security events: every kind has one, and an attack that is spread over the pods is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from alerts.unit_tests import keep_tests_of

from payment_alerts.promtool import Promtool
from payment_alerts.scenario_series import rising, selector, service_target
from payment_alerts.security_alerts import security_alerts
from payment_alerts.security_event_alerts import security_event_alerts
from payment_catalog.catalog import build_catalog
from payment_catalog.durations import parse_duration
from payment_catalog.escalation import Team
from payment_catalog.settings import Settings
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    from payment_alerts.alert import Alert

Written = Callable[[Settings], Path]

CATALOG = build_catalog(Settings())
RUNBOOKS = {alert.name: alert for alert in security_alerts(CATALOG).alerts}
ALERTS = {alert.name: alert for alert in security_event_alerts(CATALOG).alerts}
TWINS = {
    "FailedAuthAcrossInstances": "HighFailedAuthRate",
    "SuspiciousAccessAcrossInstances": "SuspiciousAPIAccess",
}
DOCUMENT = (Path(__file__).parents[2] / "docs" / "security-events.md").read_text(encoding="utf-8")
LONGEST_SCRAPE_INTERVAL = timedelta(seconds=75)


def rows() -> dict[str, str]:
    """Return the document's table: each event type with its line."""
    return {line.split("`")[1]: line for line in DOCUMENT.splitlines() if line.startswith("| `")}


def events_alerted() -> list[str]:
    return [event for alert in ALERTS.values() for event in re.findall(r'type="(\w+)"', alert.expr)]


def test_every_kind_of_event_has_one_alert() -> None:
    # failed_auth has the runbook's own counter.
    assert sorted(events_alerted()) == sorted(set(SecurityEvent) - {SecurityEvent.FAILED_AUTH})
    assert "failed_auth_total" in ALERTS["FailedAuthAcrossInstances"].expr


def test_the_document_tells_of_every_event_and_every_alert() -> None:
    assert set(rows()) == set(SecurityEvent)
    for name, alert in ALERTS.items():
        assert f"`{name}`" in DOCUMENT
        for event in re.findall(r'type="(\w+)"', alert.expr):
            assert f"`{name}`" in rows()[event]


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_every_window_holds_four_scrapes(alert: Alert) -> None:
    (window,) = re.findall(r"\[(\w+)\]", alert.expr)
    assert parse_duration(window) >= 4 * LONGEST_SCRAPE_INTERVAL


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_every_alert_is_a_security_incident_with_a_page(alert: Alert) -> None:
    assert alert.team is Team.SECURITY_INCIDENT
    assert CATALOG.incidents[alert.incident].is_security


@pytest.mark.parametrize("name", ["CardDataReceived", "ApiKeyFromManyAddresses"])
def test_what_is_rare_and_serious_is_told_at_the_first_event(name: str) -> None:
    assert ALERTS[name].expr.endswith("> 0.5")


def test_what_an_outsider_causes_with_a_few_requests_wakes_nobody() -> None:
    counted = [alert for alert in ALERTS.values() if "increase(" in alert.expr]
    assert len(counted) == 6
    assert {alert.priority for alert in counted} <= {Priority.P2, Priority.P3}


@pytest.mark.parametrize(("twin", "original"), TWINS.items())
def test_a_twin_keeps_the_runbooks_limit_duration_and_severity(twin: str, original: str) -> None:
    aggregated, each = ALERTS[twin], RUNBOOKS[original]
    assert aggregated.expr.rpartition(" > ")[2] == each.expr.rpartition(" > ")[2]
    assert (aggregated.pending, aggregated.severity, aggregated.priority, aggregated.incident) == (
        each.pending,
        each.severity,
        each.priority,
        each.incident,
    )


@pytest.mark.parametrize(
    ("metric", "per_second", "twin", "original"),
    [
        ("failed_auth_total", 9, "FailedAuthAcrossInstances", "HighFailedAuthRate"),
        ("suspicious_api_calls", 4, "SuspiciousAccessAcrossInstances", "SuspiciousAPIAccess"),
    ],
)
def test_an_attack_below_the_runbooks_limit_on_each_pod_fires_the_twin_alone(
    written: Written, metric: str, per_second: int, twin: str, original: str
) -> None:
    directory = written(Settings())
    target = service_target(Settings())
    pods = [replace(target, instance=f"pod-{pod}:8080") for pod in range(3)]
    series = [pod.series(metric, rising(per_second * 60, 30)) for pod in pods]
    firing = {"alertname": twin, "alertstate": "firing"}
    expected = selector("ALERTS", {**target.job_labels, **ALERTS[twin].labels(CATALOG), **firing})
    file = directory / "spread.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": ["prometheus/rules/security.yaml", "prometheus/rules/security-events.yaml"],
                "evaluation_interval": "1m",
                "tests": [
                    {
                        "interval": "1m",
                        "input_series": [{"series": one.series, "values": one.values} for one in series],
                        "promql_expr_test": [
                            {
                                "expr": selector("ALERTS", firing),
                                "eval_time": "30m",
                                "exp_samples": [{"labels": expected, "value": 1}],
                            },
                            {
                                "expr": selector("ALERTS", {**firing, "alertname": original}),
                                "eval_time": "30m",
                                "exp_samples": [],
                            },
                        ],
                    }
                ],
            }
        )
    )
    assert Promtool().test_rules([file]) == ()


@pytest.mark.parametrize(
    ("right", "wrong", "noticed_by"),
    [
        ('type="card_data"', 'type="forbidden"', "CardDataReceived"),
        (', type="path_scan"', "", "PathScanning"),
        ("[15m])) > 4.5", "[15m])) > 5.5", "ForeignPaymentAccess"),
        ("[15m])) > 2.5", "[15m])) > 1.5", "PaymentIdEnumeration"),
        ("[15m])) > 9.5", "[1h])) > 9.5", "ApiKeyScopeDenied"),
        ("sum by (environment, namespace, job) (increase", "(increase", "GatewaySignatureFailures"),
        (
            "sum by (environment, namespace, job) (increase",
            "max by (environment, namespace, job) (increase",
            "PaymentIdEnumeration",
        ),
        ("> 10\n", "> 11\n", "FailedAuthAcrossInstances"),
        ("> 5\n", "> 4\n", "SuspiciousAccessAcrossInstances"),
        ("for: 10m", "for: 0s", "PathScanning"),
        ("for: 1m", "for: 0s", "ApiKeyFromManyAddresses"),
    ],
)
def test_a_changed_rule_is_noticed(written: Written, right: str, wrong: str, noticed_by: str) -> None:
    directory = written(Settings())
    rule_file = directory / "prometheus" / "rules" / "security-events.yaml"
    text = rule_file.read_text()
    unwrapped = yaml.safe_dump(yaml.safe_load(text), width=10_000)
    assert right in unwrapped
    rule_file.write_text(unwrapped.replace(right, wrong))
    tests = keep_tests_of(noticed_by, directory / "prometheus" / "tests" / "security-events.yaml")
    assert noticed_by in {finding.rule for finding in Promtool().test_rules([tests])}
