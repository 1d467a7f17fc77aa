"""What an alert compares is read from its expression, as dashboards draw it."""

from __future__ import annotations

import pytest

from payment_catalog.dashboards import Dashboard
from payment_catalog.severities import Severity
from payment_catalog.thresholds import Side
from payment_catalog.watching import Limit, WatchedAlert


def watched(expression: str) -> WatchedAlert:
    return WatchedAlert("Any", expression, Severity.WARNING, Dashboard.OVERVIEW)


@pytest.mark.parametrize(
    ("expression", "limits"),
    [
        ("a > 5", (Limit("a{}", Side.ABOVE, 5),)),
        ("a / (b > 0) <= 0.5", (Limit("a{} / (b{} > 0)", Side.BELOW, 0.5),)),
        ("a > 5 and b < 2", (Limit("a{}", Side.ABOVE, 5), Limit("b{}", Side.BELOW, 2))),
        ("a > 0.9 < 1", (Limit("a{}", Side.ABOVE, 0.9), Limit("a{}", Side.BELOW, 1))),
        ("a == 0", ()),
        ("a > 5 * b", ()),
    ],
)
def test_the_limits_of_an_alert(expression: str, limits: tuple[Limit, ...]) -> None:
    assert watched(expression).limits == limits


def test_the_bound_of_an_alert_is_what_it_compares_with() -> None:
    assert watched("a > 50 and a > 5 * b").bound == "5 * b{}"
    with pytest.raises(ValueError, match="compares nothing with an expression"):
        _ = watched("a > 50").bound
