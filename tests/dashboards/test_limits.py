"""Limits of alerts, as colours of a panel."""

from __future__ import annotations

import pytest

from payment_catalog.dashboards import Dashboard
from payment_catalog.severities import Severity
from payment_catalog.thresholds import Side
from payment_catalog.watching import WatchedAlert
from payment_dashboards.limits import NO_LIMITS, Limits, of_alerts


def alert(comparison: str, severity: Severity = Severity.WARNING) -> WatchedAlert:
    return WatchedAlert(f"Alert{severity}", f"x {comparison}", severity, Dashboard.BUSINESS)


def colours(limits: Limits) -> list[tuple[str, float | None]]:
    return [(step["color"], step["value"]) for step in limits.steps]


def test_without_alerts_all_is_well() -> None:
    assert of_alerts(()) is NO_LIMITS
    assert not NO_LIMITS
    assert colours(NO_LIMITS) == [("green", None)]


def test_much_is_bad() -> None:
    limits = of_alerts((alert("> 1"), alert("> 5", Severity.CRITICAL)))
    assert colours(limits) == [("green", None), ("orange", 1), ("red", 5)]


def test_little_is_bad() -> None:
    limits = of_alerts((alert("< 5"), alert("< 1", Severity.CRITICAL)))
    assert colours(limits) == [("red", None), ("orange", 1), ("green", 5)]


@pytest.mark.parametrize(("first", "second"), [("< 1", "> 5"), ("> 5", "< 1")])
def test_little_and_much_are_bad(first: str, second: str) -> None:
    limits = of_alerts((alert(first), alert(second)))
    assert colours(limits) == [("orange", None), ("green", 1), ("orange", 5)]
    assert limits


def test_much_alone_is_a_limit() -> None:
    assert Limits(Side.BELOW, opposite=5)


def test_two_critical_limits_on_opposite_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="the other side"):
        of_alerts((alert("< 1"), alert("> 5", Severity.CRITICAL)))
