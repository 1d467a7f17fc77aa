"""Scenarios of an alert on a counter of failures that goes on rising: once is over before anybody looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import Scenario
from payment_alerts.scenario_series import rising, steady, then

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_alerts.alert import InputSeries

#: Twice the window of the rate, so that one burst, which the window holds for 5m, is not enough.
STILL = timedelta(minutes=10)

_AT = timedelta(minutes=17)
_MINUTES = _AT // timedelta(minutes=1)


class Failures(Protocol):
    """Makes the series of a counter of failures that takes ``values``."""

    def __call__(self, values: str) -> tuple[InputSeries, ...]:
        """Return the series."""


def still_failing_scenarios(failures: Failures, labels: Mapping[str, str]) -> tuple[Scenario, ...]:
    """Return scenarios for ``rate(…[5m]) > 0`` during ``STILL``; ``labels`` are those of the firing alert."""
    firing = (labels,)
    every_third = then(*(f"{count} {count} {count}" for count in range(_MINUTES // 3 + 1)))
    burst = then(steady(7, 3), "8+3x3", steady(17, _MINUTES))
    starts_anew = then("50+2x7", rising(2, _MINUTES - 8))
    return (
        Scenario("it goes on", failures(rising(20, _MINUTES)), _AT, firing),
        Scenario("once in three minutes", failures(every_third), _AT, firing),
        Scenario("its counter starts anew meanwhile", failures(starts_anew), _AT, firing),
        Scenario("never, since long ago", failures(steady(7, _MINUTES)), _AT),
        Scenario("a burst", failures(burst), timedelta(minutes=14)),
        Scenario("it has stopped", failures(then(rising(20, 15), steady(300, 10))), timedelta(minutes=24)),
        Scenario("not for long enough", failures(rising(20, _MINUTES)), STILL - timedelta(minutes=1)),
        Scenario("nobody counts", (), _AT),
    )
