"""Expressions are held against what is declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_catalog.catalog import build_catalog
from payment_catalog.promql import TARGET_LABELS, PromQLError, analyse, number, parse, quote
from payment_catalog.settings import Settings

DECLARED = {
    "requests_total": TARGET_LABELS | {"code", "route"},
    "limit": TARGET_LABELS,
    "duration_seconds_bucket": TARGET_LABELS | {"le"},
}


@pytest.mark.parametrize(
    ("expression", "labels"),
    [
        ("requests_total", TARGET_LABELS | {"code", "route"}),
        ("sum by (job) (rate(requests_total[5m]))", {"job"}),
        ("sum without (code, route) (requests_total)", TARGET_LABELS),
        ("sum(requests_total)", set()),
        ("topk(3, requests_total)", TARGET_LABELS | {"code", "route"}),
        ("histogram_quantile(0.9, sum by (le, job) (rate(duration_seconds_bucket[5m])))", {"job"}),
        ('absent(limit{job="a", instance=~"b.*"})', {"job"}),
        ("sum by (job) (requests_total) / on (job) sum by (job) (limit)", {"job"}),
        ("requests_total * on (job) group_left () sum by (job) (limit)", TARGET_LABELS | {"code", "route"}),
        ('label_replace(limit, "pod", "$1", "instance", "(.*)")', TARGET_LABELS | {"pod"}),
        ("time() - limit", TARGET_LABELS),
        ("sum by (job) (limit) or sum by (code) (requests_total)", {"job", "code"}),
        ("max_over_time(sum by (job) (limit)[1h:1m])", {"job"}),
        ("sum by (job) (rate(requests_total[$__rate_interval]))", {"job"}),
        ("1 + 1", set()),
    ],
)
def test_the_labels_of_a_result_are_known(expression: str, labels: set[str]) -> None:
    analysis = analyse(expression, DECLARED)
    assert analysis.problems == ()
    assert analysis.labels == labels


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("requestz_total", "metric 'requestz_total' is not declared, did you mean 'requests_total'?"),
        ('requests_total{cod="5"}', "label 'cod' is unknown to metric 'requests_total', did you mean 'code'?"),
        ("sum by (method) (requests_total)", "label 'method' is unknown to the operand of sum"),
        ("sum by (route) (sum by (code) (requests_total))", "label 'route' is unknown to the operand of sum"),
        ("requests_total / limit", "the two sides of '/' never match"),
        ("limit / on (pod) limit", "label 'pod' is unknown to the left side of '/'"),
        ("histogram_quantile(0.9, sum by (job) (duration_seconds_bucket))", "needs the label 'le'"),
        ('{job="a"}', "names no metric"),
    ],
)
def test_what_is_wrong_is_said(expression: str, problem: str) -> None:
    assert any(problem in found for found in analyse(expression, DECLARED).problems)


@pytest.mark.parametrize("expression", ["rate(requests_total[5m]", "rate(requests_total)", "sum by job (limit)", ""])
def test_what_does_not_parse_is_an_error(expression: str) -> None:
    with pytest.raises(PromQLError, match="cannot be parsed"):
        analyse(expression, DECLARED)


@given(st.text())
def test_a_quoted_value_never_leaves_its_quotes(value: str) -> None:
    selector = parse(f"limit{{job={quote(value)}}}")
    assert [matcher.value for matcher in selector.matchers.matchers] == [value]


@given(st.floats(min_value=1e-4, max_value=1e9))
def test_a_number_is_written_as_prometheus_reads_it(value: float) -> None:
    assert parse(number(value)).val == pytest.approx(value, rel=1e-12)


def test_every_signal_refers_only_to_what_is_declared() -> None:
    catalog = build_catalog(Settings())
    declared = catalog.declared()
    for signal in catalog.signals:
        for expression in (*(rule.expr for rule in signal.recordings), *(query.expr for query in signal.queries)):
            assert analyse(expression, declared).problems == (), expression
