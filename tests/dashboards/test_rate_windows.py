"""On panels, the window of a rate is Grafana's, whatever it is in the rule that the expression is from."""

from __future__ import annotations

import pytest

from payment_dashboards.choices import narrow

DECLARED = {"calls_total": frozenset({"job"})}


@pytest.mark.parametrize(
    ("expression", "drawn"),
    [
        ("rate(calls_total[5m])", "rate(calls_total[$__rate_interval])"),
        ("irate(calls_total[1m])", "irate(calls_total[$__rate_interval])"),
        ('rate(calls_total{job="a[5m]"}[5m] offset 1d)', 'rate(calls_total{job="a[5m]"}[$__rate_interval] offset 1d)'),
        ("sum(rate(calls_total[15m])) / 2", "sum(rate(calls_total[$__rate_interval])) / 2"),
        ("increase(calls_total[15m])", "increase(calls_total[15m])"),
        ("max_over_time(calls_total[6h])", "max_over_time(calls_total[6h])"),
    ],
)
def test_a_rate_is_over_grafanas_window_and_a_count_over_its_own(expression: str, drawn: str) -> None:
    assert narrow(expression, (), DECLARED) == drawn
