"""From when on events are an alert: their count or their pace, over all instances of a job.

Each limit brings its PromQL, with ``rate`` or ``increase`` before the sum, so that the restart of a pod is no event,
and the scenarios that prove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import Scenario
from payment_alerts.scenario_series import in_turn, rising, steady, then
from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.promql import number
from payment_catalog.signals import JOB, WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_alerts.alert import InputSeries

#: Time within which rare events belong together; twelve scrapes of up to 75 s.
COUNT_WINDOW = timedelta(minutes=15)

_MINUTE = timedelta(minutes=1)
_PACE_WINDOW = parse_duration(WINDOW)
#: What a pod has counted long before a scenario begins.
_HISTORY = 1_000_000


class Pods(Protocol):
    """Makes the input series of as many pods as there are values."""

    def __call__(self, *values: str) -> tuple[InputSeries, ...]:
        """Return the series, one for each pod."""


@dataclass(frozen=True, slots=True)
class Count:
    """``at_least`` so many events within ``COUNT_WINDOW``, for rare events of which each one is a fact.

    The limit lies half an event below, because ``increase`` extrapolates to the whole window: with a scrape every
    15 s it shows three events as 3 to 3.05, never as less. At 60 s and more, nine events can pass for ten.

    ``increase`` sees a first event because every series exists at 0 before. Only what a new pod counts before its
    first scrape escapes it.
    """

    at_least: int

    @property
    def pending(self) -> timedelta:
        """One more scrape of every pod, so that the first message has the whole count."""
        return _MINUTE

    @property
    def observed(self) -> str:
        """What an annotation tells of the value."""
        return (
            f'{{{{ $value | printf "%.0f" }}}} within {format_duration(COUNT_WINDOW)}, over all instances. '
            "The alert ends when nothing new happens; the incident may not"
        )

    def expr(self, selector: str) -> str:
        """Return the rule's expression over the series that ``selector`` picks."""
        counted = f"increase({selector}[{format_duration(COUNT_WINDOW)}])"
        return f"sum by ({JOB}) ({counted}) > {number(self.at_least - 0.5)}"

    def scenarios(self, pods: Pods, labels: Mapping[str, str]) -> tuple[Scenario, ...]:
        """Return scenarios in which the events happen in minute 5; those of a restart, around it."""
        seen, soon, past = 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE
        known = seen + self.pending
        second = self.at_least // 2
        first = self.at_least - second

        def happened(count: int) -> str:
            return then(steady(0, 4), steady(count, 25))

        return (
            Scenario("many events", pods(happened(self.at_least * 10)), known, (labels,)),
            Scenario("as many events as it takes", pods(happened(self.at_least)), soon, (labels,)),
            Scenario("as many over two pods together", pods(happened(first), happened(second)), soon, (labels,)),
            Scenario(
                "as many, with a restart between them",
                pods(then(steady(0, 1), steady(first, 2), steady(0, 0), steady(second, 20))),
                soon,
                (labels,),
            ),
            Scenario("one event less", pods(happened(self.at_least - 1)), soon),
            Scenario("events that were seen just now", pods(happened(self.at_least * 10)), seen),
            Scenario("events that are long past", pods(happened(self.at_least * 10)), past),
            Scenario(
                "a quiet pod with a long history restarts",
                pods(steady(_HISTORY, 20), then(steady(_HISTORY, 4), steady(0, 20))),
                soon,
            ),
            Scenario("no service", pods(), soon),
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """More than ``per_second`` events over the last 5 minutes, for ``pending``: for what never quite stops."""

    per_second: float
    pending: timedelta

    @property
    def observed(self) -> str:
        """What an annotation tells of the value."""
        return "{{ $value | humanize }} a second, over all instances"

    def expr(self, selector: str) -> str:
        """Return the rule's expression over the series that ``selector`` picks."""
        return f"sum by ({JOB}) (rate({selector}[{WINDOW}])) > {number(self.per_second)}"

    def scenarios(self, pods: Pods, labels: Mapping[str, str]) -> tuple[Scenario, ...]:
        """Return scenarios of a steady pace; restarts happen three minutes before the end."""
        window, lasting = _PACE_WINDOW // _MINUTE, self.pending // _MINUTE
        # The second sample of a counter shows its pace.
        soonest, at = self.pending + _MINUTE, self.pending + 2 * _PACE_WINDOW
        minutes = at // _MINUTE

        def pace(of_limit: float, minutes: int = minutes) -> str:
            return rising(self.per_second * 60 * of_limit, minutes)

        begins = in_turn(pods(pace(0.01, 2 * window - 1)), pods(pace(1.02, window + lasting)))
        full = 3 * _PACE_WINDOW - _MINUTE + self.pending
        return (
            Scenario("an attack for just as long as it takes", pods(pace(10)), soonest, (labels,)),
            Scenario("an attack, but not for long enough", pods(pace(10)), soonest - _MINUTE),
            Scenario("just above the limit for just as long as it takes", begins, full, (labels,)),
            Scenario("just above the limit, but not for long enough", begins, full - 2 * _MINUTE),
            Scenario("an attack spread over pods", pods(pace(0.6), pace(0.6), pace(0.6)), at, (labels,)),
            Scenario("an attack during a restart", pods(then(pace(2, minutes - 3), pace(2, 2))), at, (labels,)),
            Scenario("exactly at the limit", pods(pace(1)), at),
            Scenario("just below the limit, spread over pods", pods(pace(0.49), pace(0.49)), at),
            Scenario("everyday slips", pods(pace(0.01)), at),
            Scenario(
                "a quiet pod with a long history restarts",
                pods(steady(_HISTORY, minutes), then(steady(_HISTORY, minutes - 3), steady(0, 2))),
                at,
            ),
            Scenario("no service", pods(), at),
        )
