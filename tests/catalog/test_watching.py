"""What dashboards read out of the expressions of alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_catalog.dashboards import Dashboard
from payment_catalog.severities import Severity
from payment_catalog.thresholds import Side
from payment_catalog.watching import Limit, WatchedAlert


def watched(expr: str) -> WatchedAlert:
    return WatchedAlert("Example", expr, Severity.WARNING, Dashboard.OVERVIEW)


def test_the_limit_is_the_first_comparison_with_a_number() -> None:
    assert watched("time() - up > 900 and up < 3").limit == Limit("time() - up", Side.ABOVE, 900)


@pytest.mark.parametrize(
    ("expression", "limits"),
    [
        ("a > 5", (Limit("a", Side.ABOVE, 5),)),
        ("a / (b > 0) <= 0.5", (Limit("a / (b > 0)", Side.BELOW, 0.5),)),
        ("a > 5 and b < 2", (Limit("a", Side.ABOVE, 5), Limit("b", Side.BELOW, 2))),
        ("a > 0.9 < 1", (Limit("a", Side.ABOVE, 0.9), Limit("a", Side.BELOW, 1))),
        ("a == 0", ()),
        ("a > 5 * b", ()),
    ],
)
def test_the_limits_of_an_alert(expression: str, limits: tuple[Limit, ...]) -> None:
    assert watched(expression).limits == limits


def test_a_comparison_with_a_series_has_two_sides() -> None:
    assert watched("max(a) < 0.5 * (max(b) > 10)").sides == ("max(a)", "0.5 * (max(b) > 10)")
    assert watched("a > 50 and a > 5 * b").sides == ("a", "5 * b")


@pytest.mark.parametrize("expr", ["max(a)", "a and b", "a == 0", "a > 50"])
def test_what_compares_nothing_has_no_sides(expr: str) -> None:
    with pytest.raises(ValueError, match="Example compares nothing with another series"):
        assert watched(expr).sides


def test_the_window_is_the_first_range_that_is_looked_back_over() -> None:
    assert watched("max by (job) (increase(a[15m])) > 2 and rate(b[1h]) > 0").window == timedelta(minutes=15)


def test_what_looks_at_the_present_alone_has_no_window() -> None:
    with pytest.raises(ValueError, match="Example looks back over no range"):
        assert watched("a > 1").window
