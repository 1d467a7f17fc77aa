"""The alerts: the runbook's two to the letter, one for each threshold, each proven by promtool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from alerts.every_level import EVERY_LEVEL
from alerts.unit_tests import keep_tests_of

from payment_alerts.alert import MOST_RULES
from payment_alerts.groups import alert_groups, recordings
from payment_alerts.promtool import Promtool
from payment_alerts.rule_tests import rule_tests
from payment_alerts.rules import rules
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import parse_duration
from payment_catalog.promql import analyse, number
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Objectives, Recovery
from payment_catalog.settings.places import Environment
from payment_catalog.signals import WINDOW
from payment_catalog.thresholds import THRESHOLDS, ThresholdKey

if TYPE_CHECKING:
    from payment_alerts.alert import Alert

Written = Callable[[Settings], Path]

CATALOG = build_catalog(Settings())
GROUPS = alert_groups(CATALOG)
DECLARED = CATALOG.declared(recordings(GROUPS))
ALERTS = {alert.name: alert for group in GROUPS for alert in group.alerts}

RUNBOOK = yaml.safe_load("""
groups:
- name: security-alerts
  rules:
  - alert: HighFailedAuthRate
    expr: rate(failed_auth_total[5m]) > 10
    for: 2m
    labels:
      severity: warning
    annotations:
      summary: "High failed authentication rate detected"

  - alert: SuspiciousAPIAccess
    expr: rate(suspicious_api_calls[5m]) > 5
    for: 1m
    labels:
      severity: critical
    annotations:
      summary: "Suspicious API access pattern detected"
""")


def test_the_security_alerts_are_the_runbooks_to_the_letter() -> None:
    document = rules(CATALOG, alert_groups(CATALOG))["prometheus/rules/security.yaml"]
    (group,) = document.content["groups"]  # type: ignore[union-attr, index]
    (expected,) = RUNBOOK["groups"]
    assert group["name"] == expected["name"]
    assert len(group["rules"]) == len(expected["rules"])
    for rule, wanted in zip(group["rules"], expected["rules"], strict=True):
        for key in ("alert", "expr", "for"):
            assert rule[key] == wanted[key]
        assert "keep_firing_for" not in rule
        assert wanted["labels"].items() <= rule["labels"].items()
        assert wanted["annotations"].items() <= rule["annotations"].items()


def groups_of(document: object) -> list[dict[str, Any]]:
    assert isinstance(document, YamlDocument)
    content: Any = document.content
    return list(content["groups"])


def test_no_group_has_more_rules_than_mimir_takes() -> None:
    files = rules(CATALOG, GROUPS)
    assert [group["name"] for file in files.values() for group in groups_of(file)] == [group.name for group in GROUPS]
    assert all(0 < len(group["rules"]) <= MOST_RULES for file in files.values() for group in groups_of(file))


def test_a_group_with_too_many_rules_is_several_that_are_tested_in_their_order() -> None:
    catalog = build_catalog(Settings(objectives=Objectives(window=timedelta(days=90))))
    group = next(group for group in alert_groups(catalog) if group.name == "payment-slo-latency")
    parts = groups_of(rules(catalog, [group])["prometheus/rules/slo-latency.yaml"])
    names = [part["name"] for part in parts]
    assert names == ["payment-slo-latency", "payment-slo-latency-2"]
    assert all(len(part["rules"]) <= MOST_RULES for part in parts)
    written = [rule.get("record") or rule["alert"] for part in parts for rule in part["rules"]]
    assert written == [rule.record for rule in group.recordings] + [alert.name for alert in group.alerts]
    for file in rule_tests(catalog, [group]).values():
        assert isinstance(file, YamlDocument)
        content: Any = file.content
        assert content["group_eval_order"] == names


@pytest.mark.parametrize("key", list(ThresholdKey))
def test_every_threshold_has_an_alert_at_each_of_its_levels(key: ThresholdKey) -> None:
    threshold = THRESHOLDS[key]
    for level in (threshold.warning, threshold.critical):
        if level is not None:
            ending = f"{threshold.comparator} {number(level)}"
            assert any(
                alert.expr.partition(" and ")[0].endswith(ending) and threshold.source in alert.description
                for alert in ALERTS.values()
            )


def test_recovery_and_retention_have_their_alerts() -> None:
    assert ALERTS["BackupOverdue"].expr.endswith("> 900")
    assert ALERTS["RecoveryTimeExceeded"].pending == CATALOG.settings.recovery.time_objective
    assert ALERTS["PaymentAttemptsRetentionOverdue"].expr.endswith(f"> {97 * 86400}")


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_every_alert_is_proven_both_ways(alert: Alert) -> None:
    firing = [scenario for scenario in alert.scenarios if scenario.firing]
    silent = [scenario for scenario in alert.scenarios if not scenario.firing]
    assert len(firing) >= 1
    assert len(silent) == 0 if alert.always else len(silent) >= 2
    assert len({scenario.title for scenario in alert.scenarios}) == len(alert.scenarios)


@pytest.mark.parametrize(
    "name",
    ["ErrorRateHigh", "ApiLatencyHigh", "PaymentSuccessRateCritical", "CpuUsageHigh", "EventLoopBlocked"],
)
def test_an_alert_on_a_swinging_share_outlasts_what_one_quiet_minute_does_to_its_window(name: str) -> None:
    assert ALERTS[name].keep_firing > parse_duration(WINDOW)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_every_alert_refers_only_to_what_is_declared(alert: Alert) -> None:
    assert analyse(alert.expr, DECLARED).problems == ()


#: Other names, two environments, both levels of every threshold: each differs from the runbook's.
OTHERS = Settings(
    service="checkout",
    exporter="checkout-exporter",
    namespace="shop",
    labels={"region": "my-central"},
    environments={
        "production": Environment(
            service=("a:1", "b:1"), exporter=("c:1",), kube_state_metrics=("f:1", "g:1"), kubelet=("h:1",)
        ),
        "staging": Environment(service=("d:1",), exporter=("e:1",), page=False, kube_state_metrics=("i:1",)),
    },
    recovery=Recovery(time_objective=timedelta(seconds=90)),
    thresholds=EVERY_LEVEL,
)


def test_every_scenario_holds_in_promtool_whatever_the_settings(written: Written) -> None:
    """With the runbook's settings, ``payobs check`` runs the scenarios: tests/bundle/test_cli.py."""
    directory = written(OTHERS)
    promtool = Promtool()
    assert promtool.check_rules(sorted(directory.glob("prometheus/rules/*.yaml"))) == ()
    assert promtool.test_rules(sorted(directory.glob("prometheus/tests/*.yaml"))) == ()


@pytest.mark.parametrize(
    ("file", "right", "wrong", "noticed_by"),
    [
        ("api.yaml", "> 0.05", "> 0.06", "ErrorRateCritical"),
        ("api.yaml", "< 0.95", "> 0.95", "PaymentSuccessRateCritical"),
        ("security.yaml", "> 10", "> 11", "HighFailedAuthRate"),
        ("database.yaml", "> 60", "> 70", "LongRunningQuery"),
        ("backups.yaml", "for: 2m", "for: 30m", "BackupOverdue"),
        ("availability.yaml", "for: 4h", "for: 5h", "RecoveryTimeExceeded"),
        ("infrastructure.yaml", "idle|iowait", "idle", "CpuUsageHigh"),
    ],
)
def test_a_changed_rule_is_noticed(written: Written, file: str, right: str, wrong: str, noticed_by: str) -> None:
    directory = written(Settings())
    rule_file = directory / "prometheus" / "rules" / file
    text = rule_file.read_text()
    assert right in text
    rule_file.write_text(text.replace(right, wrong))
    tests = keep_tests_of(noticed_by, directory / "prometheus" / "tests" / file)
    assert noticed_by in {finding.rule for finding in Promtool().test_rules([tests])}
