"""Scenarios of a value that changes: it passes its limit after a quiet time, it swings about it, it recovers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import InputSeries, Scenario
from payment_alerts.scenario_series import in_turn, restarted

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How long an alert goes on where its value swings about the limit, so that one incident makes one message. A single
#: quiet minute lowers a rate over 5 minutes for as long, and the next one may follow it.
KEEP_FIRING = timedelta(minutes=10)

_MINUTE = timedelta(minutes=1)


class Phase(Protocol):
    """Makes the input series of a state that lasts for so many minutes."""

    def __call__(self, minutes: int) -> tuple[InputSeries, ...]:
        """Return the series, each with a sample for the beginning and for each minute."""


@dataclass(frozen=True, slots=True)
class Changing:
    """A value that is ``good``, well within its limit, or ``bad``, just beyond it.

    It is so close that, where the rule's expression has rates over a ``window``, one good minute in it is enough to be
    within. ``window`` is zero where the expression reads gauges. ``firing`` are the labels of what fires. ``confirmed``
    is for how long a value must be that close beyond the limit before the rule takes it for more than a passing fault.
    """

    good: Phase
    bad: Phase
    pending: timedelta
    window: timedelta
    firing: tuple[Mapping[str, str], ...]
    confirmed: timedelta = timedelta(0)

    @property
    def _takes(self) -> timedelta:
        return self.confirmed + self.pending

    def passing(self, title: str) -> tuple[Scenario, ...]:
        """Return scenarios of rates that are good for two windows, and then bad, called ``title``."""
        minutes = self.window // _MINUTE
        changed = in_turn(self.good(2 * minutes - 1), self.bad(minutes - 1))
        series = restarted(changed, self.bad(self._takes // _MINUTE))
        # The last sample that was good has become the first one of the window.
        soonest = 3 * self.window - _MINUTE + self._takes
        # What has begun at a milder level needs no time at this one.
        early = soonest - self.confirmed - self.window * 2 / 5
        return (
            Scenario(f"{title} for just as long as it takes, with a restart meanwhile", series, soonest, self.firing),
            Scenario(f"{title}, but not for long enough", series, early),
        )

    def swinging(self) -> tuple[Scenario, ...]:
        """Return scenarios of a value that is bad, good for a moment, bad again, and then good for long."""
        begun, moment = self._takes + 2 * _MINUTE, _MINUTE
        again = self.window + self.confirmed + _MINUTE
        over = begun + moment + again
        phases = ((self.bad, begun), (self.good, moment), (self.bad, again), (self.good, KEEP_FIRING + _MINUTE))
        series = in_turn(*(phase(length // _MINUTE - 1) for phase, length in phases))
        return (
            Scenario("it swings about the limit, and is one alert", series, over + KEEP_FIRING - _MINUTE, self.firing),
            Scenario("it no longer swings", series, over + KEEP_FIRING),
        )

    def recovering(self) -> tuple[Scenario, ...]:
        """Return a scenario of a value that was bad for long enough, and is good."""
        begun = self._takes // _MINUTE + 2
        return (Scenario("it recovers", in_turn(self.bad(begun), self.good(2)), timedelta(minutes=begun + 2)),)
