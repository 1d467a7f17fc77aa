"""Rule files of others: what is read of them, and what is wrong in them, with its line."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from payment_bundle.import_rules import reading
from payment_bundle.import_rules.reading import FoundRule, RuleKind, RulesFileError, read_rules, rules_in

if TYPE_CHECKING:
    from pathlib import Path

RULE_FILE = """\
groups:
- name: one
  rules:
  - alert: Down
    expr: |
      up == 0
    for: 5m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.instance }} is down"}
  - record: job:up:sum
    expr: sum by (job) (up)
"""
OBJECTS = """\
apiVersion: v1
kind: List
items:
- apiVersion: monitoring.coreos.com/v1
  kind: PrometheusRule
  metadata: {name: one}
  spec:
    groups:
    - name: one
      rules:
      - {alert: Down, expr: up == 0, for: 0m}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: two}
spec:
  groups:
  - name: two
    rules:
    - {record: "job:up:sum", expr: sum by (job) (up)}
---
kind: ConfigMap
"""


def read(text: str) -> tuple[FoundRule, ...]:
    return tuple(rules_in("rules.yaml", text.encode()))


def test_a_rule_file_is_read_with_lines() -> None:
    alert, record = read(RULE_FILE)
    assert (alert.kind, alert.name, alert.line, alert.group) == (RuleKind.ALERT, "Down", 4, "one")
    assert (alert.expr.strip(), alert.pending, alert.labels) == ("up == 0", timedelta(minutes=5), {"severity": "page"})
    assert (record.kind, record.name, record.line) == (RuleKind.RECORD, "job:up:sum", 10)
    assert not alert.problem + record.problem


def test_objects_of_kubernetes_are_read_wherever_they_stand() -> None:
    found = read(OBJECTS)
    assert [(rule.group, rule.name, rule.line, rule.problem) for rule in found] == [
        ("one", "Down", 11, ""),
        ("two", "job:up:sum", 20, ""),
    ]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{alert: A, expr: 'up =='}", "the expression cannot be parsed"),
        ("{alert: A}", "has no expression"),
        ("{expr: up}", "has neither 'alert' nor 'record' with a name"),
        ("{alert: A, record: b, expr: up}", "is both an alert and a recorded series"),
        ("{alert: A, expr: up, for: soon}", "'for': expected a duration such as 30s, 15m, 4h or 90d; found 'soon'"),
        ("{alert: A, expr: up, fro: 5m}", "has the key 'fro', which no rule has"),
        ("[a]", "has neither"),
        ("just words", "has neither"),
        ("{alert: A, expr: [up]}", "has no expression"),
    ],
)
def test_an_unsound_rule_is_named_with_its_line(rule: str, says: str) -> None:
    (found,) = read(f"groups:\n- name: g\n  rules:\n  - {rule}\n")
    assert says in found.problem
    assert found.line == 4


def test_the_line_of_a_wrong_expression_is_its_own() -> None:
    (found,) = read("groups:\n- name: g\n  rules:\n  - alert: A\n    for: 1m\n    expr: up ==\n")
    assert found.line == 6


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "holds no rules"),
        ("just words", 1, "holds no rules"),
        ("a: {b: 1}", 1, "holds no rules"),
        ("groups:\n- {name: g, services: []}\n", 1, "holds no rules"),
        ("groups:\n- name: g\n  rules: [\n", 4, "is not valid YAML"),
        ("groups:\n{{- if .Values.on }}\n- name: g\n", 3, "is not valid YAML"),
        ("a: &a [1]\nb: [*a, *a]\n", 2, "has a YAML alias"),
        ("[" * 50 + "]" * 50, 1, "is nested more than 20 levels deep"),
        ("groups:\n- rules: [{alert: A, expr: up}]\n", 2, "has a group without a name"),
        ("a: \x00", 1, "is not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_finding(text: str, line: int, says: str) -> None:
    first = read(text)[0]
    assert says in first.problem
    assert (first.line, first.name) == (line, "")


def test_bytes_that_are_no_text_are_a_finding() -> None:
    (found,) = rules_in("rules.yaml", b"\x80 groups")
    assert "is not valid YAML" in found.problem


def test_what_is_far_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1024 * 1024)
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(RulesFileError, match="is larger than 1 MiB"):
        read_rules(file)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("x" * 60_000, "has an expression of more than 50000 characters"),
        ("x" + "+x" * 20_000, "has an expression of more than 600 operators and brackets"),
        ("x" + " or x" * 5_000, "has an expression of more than 600 operators and brackets"),
        ("(" * 20_000 + "x" + ")" * 20_000, "has an expression of more than 600 operators and brackets"),
    ],
)
def test_an_expression_that_would_end_the_parser_is_not_parsed(expression: str, says: str) -> None:
    (found,) = read(f"groups:\n- name: g\n  rules:\n  - {{alert: A, expr: '{expression}'}}\n")
    assert found.problem == says
