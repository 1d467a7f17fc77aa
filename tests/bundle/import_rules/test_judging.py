"""What is said of a rule that a team has already, beside the bundle's own rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from payment_bundle.import_rules.judging import Judged, Verdict, counted, judge
from payment_bundle.import_rules.ours import Ours, our_rules
from payment_bundle.import_rules.reading import read_rules, rules_in
from payment_catalog.catalog import build_catalog
from payment_catalog.loading import load_settings
from payment_catalog.settings import Settings

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ours() -> Ours:
    return our_rules(build_catalog(Settings()))


def judged(ours: Ours, *rules: dict[str, object]) -> tuple[Judged, ...]:
    text = json.dumps({"groups": [{"name": "g", "rules": list(rules)}]}, indent=1)
    return judge(tuple(rules_in("rules.yaml", text.encode())), ours)


ERRORS = 'rate(http_requests_total{job="payment-service", code=~"5.."}[5m])'
REQUESTS = 'rate(http_requests_total{job="payment-service"}[5m])'
DISK = '1 - host_disk_available_bytes{job="payment-exporter"} / (host_disk_size_bytes{job="payment-exporter"} > 0)'


@pytest.mark.parametrize(
    ("rule", "verdict", "about", "says"),
    [
        # As it is generated, under another name.
        ({"alert": "Mine", "expr": f"{DISK} > 0.85", "for": "10m"}, "duplicate", "DiskUsageHigh", "is the same"),
        # In other words: percent, sides exchanged, no guard.
        (
            {
                "alert": "Mine",
                "expr": "85 < 100 * (1 - host_disk_available_bytes{job='payment-exporter'}"
                " / host_disk_size_bytes{job='payment-exporter'})",
                "for": "10m",
            },
            "covered",
            "DiskUsageHigh",
            "watches the same",
        ),
        (
            {"alert": "Mine", "expr": f"{DISK} > 0.7", "for": "10m"},
            "stricter",
            "DiskUsageHigh",
            "has > 0.85 for 10m, this one > 0.7 for 10m",
        ),
        (
            {"alert": "Mine", "expr": f"{DISK} > 0.95", "for": "10m"},
            "looser",
            "DiskUsageHigh",
            "this one > 0.95",
        ),
        ({"alert": "Mine", "expr": f"{DISK} > 0.85", "for": "1h"}, "looser", "DiskUsageHigh", "this one for 1h"),
        ({"alert": "Mine", "expr": f"{DISK} > 0.85"}, "stricter", "DiskUsageHigh", "this one for 0s"),
        # The limit is a lower one: what is higher is stricter.
        (
            {"alert": "Mine", "expr": "job:payments_succeeded:rate5m / job:payments:rate5m < 0.99", "for": "5m"},
            "stricter",
            "PaymentSuccessRateCritical",
            "this one < 0.99",
        ),
        # Of two levels, the nearer one.
        (
            {"alert": "Mine", "expr": "job:http_requests_5xx:rate5m / job:http_requests:rate5m > 0.06", "for": "5m"},
            "looser",
            "ErrorRateCritical",
            "has > 0.05",
        ),
        # Another expression over the same series.
        (
            {"alert": "Mine", "expr": f"sum({ERRORS}) / sum({REQUESTS}) > 0.02", "for": "5m"},
            "covered",
            "ErrorRateHigh",
            "the same series, above a limit, by another expression",
        ),
        # A series of many programs: whose is meant is what the job says.
        ({"alert": "Mine", "expr": "up == 0", "for": "5m"}, "covered", "KubernetesMetricsMissing", "the same series"),
        ({"alert": "Mine", "expr": 'up{job="payment-service"} < 1'}, "new", "", "keep it"),
        ({"alert": "Mine", "expr": 'max(up{job=~"payment-service|x"}) == 0'}, "covered", "PaymentServiceDown", "same"),
        ({"alert": "Mine", "expr": 'max(up{job=~".*payment-s.*"}) == 0'}, "covered", "PaymentServiceDown", "same"),
        ({"alert": "Mine", "expr": 'max(up{job=~".*apiserver.*"}) == 0'}, "new", "", "keep it"),
        ({"alert": "Mine", "expr": 'max(up{job="apiserver"}) == 0'}, "new", "", "keep it"),
        ({"alert": "Mine", "expr": 'max(up{job=~"(a+)+b"}) == 0'}, "new", "", "keep it"),
        ({"alert": "ErrorRateHigh", "expr": "up == 0"}, "duplicate", "ErrorRateHigh", "but another expression"),
        ({"record": "job:http_requests:rate5m", "expr": "up"}, "duplicate", "job:http_requests:rate5m", "same name"),
        (
            {"record": "mine", "expr": f"sum({REQUESTS}) by (job, namespace, environment)"},
            "duplicate",
            "job:http_requests:rate5m",
            "records the same",
        ),
        ({"alert": "Mine", "expr": "count(payments_total) > 12"}, "new", "", "keep it"),
        ({"record": "mine", "expr": "count(payments_total)"}, "new", "", "we do not record this"),
        ({"alert": "Mine", "expr": "vector(2)"}, "new", "", "keep it"),
        ({"alert": "Mine", "expr": "payment_total > 1"}, "unknown", "", "payment_total (ours is payments_total)"),
        ({"alert": "Mine", "expr": "node_load1 > 1 or up == 0"}, "unknown", "", "node_load1"),
        ({"alert": "Mine", "expr": '{job="a"} > 1'}, "unknown", "", "a selector without a name"),
        ({"alert": "Mine", "expr": '{__name__="up"} == 0 and count(payments_total) > 1'}, "new", "", "keep it"),
        ({"alert": "Mine", "expr": "up =="}, "invalid", "", "cannot be parsed"),
        ({"alert": "Mine", "expr": "up" + "+up" * 550}, "invalid", "", "is nested too deep"),
        ({"alert": "Mine", "expr": "up" + "+up" * 200}, "new", "", "keep it"),
    ],
)
def test_a_rule_gets_its_verdict(ours: Ours, rule: dict[str, object], verdict: str, about: str, says: str) -> None:
    (found,) = judged(ours, rule)
    assert (found.verdict, found.ours[:1]) == (verdict, (about,) if about else ()), found.reason
    assert says in found.reason


def test_a_ratio_is_not_taken_for_a_rate(ours: Ours) -> None:
    (found,) = judged(ours, {"alert": "Mine", "expr": f"sum({ERRORS}) > 5"})
    assert "ErrorRateHigh" not in found.ours


def test_rules_that_stand_twice_are_found(ours: Ours) -> None:
    rule: dict[str, object] = {"alert": "A", "expr": "count(payments_total) > 1", "labels": {"severity": "page"}}
    again = judged(ours, rule, {**rule, "expr": "count(payments_total) > 2"})
    assert [found.verdict for found in again] == ["new", "duplicate"]
    assert again[1].reason == f"rules.yaml:{again[0].rule.line} has the same name and labels"
    renamed = judged(ours, rule, {**rule, "alert": "B", "expr": "1 < (count(payments_total))"})
    assert renamed[1].reason == f"A in rules.yaml:{renamed[0].rule.line} has the same expression"


def test_two_levels_of_one_name_are_no_duplicates(ours: Ours) -> None:
    warning: dict[str, object] = {"alert": "A", "expr": "count(payments_total) > 1", "labels": {"severity": "warning"}}
    critical: dict[str, object] = {
        "alert": "A",
        "expr": "count(payments_total) > 2",
        "labels": {"severity": "critical"},
    }
    later = {**warning, "labels": {"severity": "page"}, "for": "1h"}
    assert {found.verdict for found in judged(ours, warning, critical, later)} == {Verdict.NEW}


def test_what_a_file_records_itself_is_known(ours: Ours) -> None:
    record: dict[str, object] = {"record": "my:payments", "expr": "count(payments_total)"}
    found = judged(ours, {"alert": "A", "expr": "my:payments > 1"}, record)
    assert [each.verdict for each in found] == ["new", "new"]


def test_a_recording_that_leads_back_to_itself_ends_nothing(ours: Ours) -> None:
    loop: tuple[dict[str, object], ...] = ({"record": "a", "expr": "b + b"}, {"record": "b", "expr": "a + a"})
    assert [found.verdict for found in judged(ours, *loop)] == ["new", "new"]


def test_every_rule_of_ours_is_recognised() -> None:
    generated = sorted((ROOT / "generated/prometheus/rules").glob("*.yaml"))
    found = tuple(rule for file in generated for rule in read_rules(file))
    verdicts = counted(judge(found, our_rules(build_catalog(load_settings(ROOT / "bundle.yaml")))))
    assert verdicts[Verdict.DUPLICATE] == len(found) > 200


def test_every_rule_of_ours_is_recognised_under_another_name(ours: Ours) -> None:
    generated = sorted((ROOT / "generated/prometheus/rules").glob("*.yaml"))
    rules = [
        {**rule, key: f"my_{rule[key]}"}
        for file in generated
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        for key in ("alert", "record")
        if key in rule
    ]
    others = [each for each in judged(ours, *rules) if each.verdict not in {Verdict.DUPLICATE, Verdict.COVERED}]
    assert [(each.rule.name, each.reason) for each in others] == []
