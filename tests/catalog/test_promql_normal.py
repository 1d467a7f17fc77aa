"""Two ways to write the same have one normal form; what means something else has another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from payment_alerts.groups import alert_groups
from payment_alerts.promtool import Promtool
from payment_catalog.catalog import build_catalog
from payment_catalog.promql import PromQLError
from payment_catalog.promql_normal import normal_form
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('up{job="a", instance="b"}', 'up{instance="b",job="a"}'),
        ('up{job="a"}', "up{job='a'}"),
        ('up{job="a"}', '{__name__="up", job="a"}'),
        ('up{job=~"a"}', 'up{job="a"}'),
        ('up{job!~"a"}', 'up{job!="a"}'),
        ('up{job=~"b|a|b"}', 'up{job=~"a|b"}'),
        ("rate(x[300s])", "rate(x[5m])"),
        ("x offset 60m", "x offset 1h"),
        ("x[1d:]", "x[24h:]"),
        ("sum by (a, b) (x)", "sum(x) by (b, a)"),
        ("sum by () (x)", "sum(x)"),
        ("sum without (a, b) (x)", "sum(x) without (b,a)"),
        ("((x)) > (5)", "x > 5"),
        ("5 < x", "x > 5"),
        ("5 >= bool x", "x <= bool 5"),
        ("0.5 == x", "x == 0.5"),
        ("x > 5/100", "x > 0.05"),
        ("x > 1e3", "x > 1000"),
        ("x > 0x10", "x > 16"),
        ("x > 2 ^ 3 - -1", "x > 9"),
        ("100 * x", "x * 100"),
        ("a + on (l, m) b", "b + on (m, l) a"),
        ("a / ignoring () b", "a / b"),
        ("a * on (l) group_left (n, m) b", "a * on (l) group_left (m, n) b"),
        ("quantile(0.50, x)", "quantile(.5, (x))"),
        ('label_replace(x, "a", "$1", "b", "(.*)")', "label_replace( x,'a','$1','b','(.*)' )"),
        ("a * b + c", "(a * b) + c"),
        ("a and b or c", "((a and b) or c)"),
    ],
)
def test_the_same_in_other_words(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 5", "x >= 5"),
        ("x > 5", "5 > x"),
        ("x > bool 5", "x > 5"),
        ("a - b", "b - a"),
        ("a / b", "b / a"),
        ("a and b", "b and a"),
        ("a or b", "b or a"),
        ("(a + b) * c", "a + b * c"),
        ("-x ^ 2", "(-x) ^ 2"),
        ("sum by (a) (x)", "sum without (a) (x)"),
        ("sum without () (x)", "sum(x)"),
        ("a / on () b", "a / b"),
        ("a * on (l) group_left () b", "b * on (l) group_left () a"),
        ('up{job=~"a.c"}', 'up{job="a.c"}'),
        ('up{job=~"a|b."}', 'up{job=~"b.|a|c"}'),
        ("rate(x[5m])", "rate(x[5m] offset 5m)"),
        ("a / (b > 0)", "a / b"),
        ("x[5m:1m]", "x[5m:2m]"),
        ("x @ 10", "x"),
    ],
)
def test_what_means_something_else(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_without_guards_a_divisor_is_what_it_divides_by() -> None:
    assert normal_form("a / (b > 0)", guards=False) == normal_form("a / b")
    assert normal_form("a / (b > 1)", guards=False) != normal_form("a / b")
    assert normal_form("a and (b > 0)", guards=False) == normal_form("a and b > 0")


def test_definitions_are_put_in_through_all_steps() -> None:
    definitions = {"job:a:ratio": "job:a:rate5m / job:b:rate5m", "job:a:rate5m": "sum(rate(a[5m]))"}
    put_in = normal_form("1 - job:a:ratio > 2", definitions)
    assert put_in == normal_form("1 - (sum(rate(a[5m])) / job:b:rate5m) > 2")
    assert normal_form('job:a:rate5m{job="x"}', definitions) == normal_form('job:a:rate5m{job="x"}')
    assert normal_form("job:a:rate5m offset 1h", definitions) == normal_form("job:a:rate5m offset 1h")


@pytest.mark.parametrize("expression", ["", "x >", "rate(x)", "((x)", "sum by a (x)"])
def test_what_is_no_promql_is_said(expression: str) -> None:
    with pytest.raises(PromQLError, match="cannot be parsed"):
        normal_form(expression)


@pytest.mark.parametrize("expression", ["1" + "+x" * 1100, "-" * 1100 + "x", "x^" * 1100 + "x"])
def test_an_endless_expression_is_refused_and_ends_nothing(expression: str) -> None:
    with pytest.raises(PromQLError):
        normal_form(expression)


def test_normal_forms_of_all_our_rules_are_normal_and_prometheus_reads_them(tmp_path: Path) -> None:
    groups = alert_groups(build_catalog(Settings()))
    expressions = [
        rule.expr
        for group in groups
        for rules in (group.alerts, group.recordings)
        for rule in rules  # type: ignore[attr-defined]
    ]
    forms = [normal_form(expression) for expression in expressions]
    assert [normal_form(form) for form in forms] == forms
    assert len(set(forms)) > 150
    file = tmp_path / "rules.yaml"
    rules = [{"record": f"test:{number}", "expr": form} for number, form in enumerate(forms)]
    file.write_text(json.dumps({"groups": [{"name": "test", "rules": rules}]}), encoding="utf-8")
    assert Promtool().check_rules((file,)) == ()
