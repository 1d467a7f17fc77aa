"""Scenarios of a burn-rate alert: traffic in phases, each with its share of bad events.

They know which counters an event moves and how fast a budget burns, not how a rule sums windows up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from payment_alerts.alert import Scenario
from payment_alerts.scenario_series import absent, then
from payment_alerts.slo.windows import HOUR
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.promql import number
from payment_catalog.vocabulary import PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_alerts.alert import InputSeries
    from payment_alerts.scenario_series import Target
    from payment_alerts.slo.windows import Tier
    from payment_catalog.slos import Objective

_MINUTE = timedelta(minutes=1)
#: Events a minute of an ordinary day.
_BUSY = 6000
#: Past the blur of a window's edge, its step and the alert's ``for``.
_SETTLED = 15
#: How far from a limit "just" is, as a share of it.
_JUST = 0.02


@dataclass(frozen=True, slots=True)
class Phase:
    """Minutes of steady traffic, in events a minute; the counters may begin anew at its first."""

    minutes: int
    good: float = 0
    bad: float = 0
    restart: bool = False


class Feed(Protocol):
    """Makes the input series of phases that follow each other, ``unborn`` minutes after the start."""

    def __call__(self, phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
        """Return the series."""


def feed_of(objective: Objective, bound: float, target: Target) -> Feed:
    """Return what moves the counters of ``objective``; ``bound`` is the latency in seconds that is in time."""
    return {"success": _payments, "availability": _requests, "latency": _durations(bound)}[objective.key](target)


def _payments(target: Target) -> Feed:
    def feed(phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
        def payments(status: PaymentStatus, per_minute: Callable[[Phase], float]) -> InputSeries:
            values = _counter(phases, per_minute, unborn)
            return target.series(metrics.PAYMENTS.name, values, method=PaymentMethod.CARD, status=status)

        return payments(PaymentStatus.SUCCEEDED, _good), payments(PaymentStatus.FAILED, _bad)

    return feed


def _requests(target: Target) -> Feed:
    def feed(phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
        def requests(code: str, per_minute: Callable[[Phase], float]) -> InputSeries:
            values = _counter(phases, per_minute, unborn)
            return target.series(http_metrics.HTTP_REQUESTS.name, values, code=code, **_ROUTE)

        # A client that went away before the answer is no fault of ours.
        return requests("499", _good), requests("503", _bad)

    return feed


def _durations(bound: float) -> Callable[[Target], Feed]:
    """Return the feed of a histogram: what is in time lies in the bucket of ``bound``, what is not in the next."""
    name = http_metrics.HTTP_REQUEST_DURATION

    def of_target(target: Target) -> Feed:
        def feed(phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
            buckets = (
                target.series(
                    name.bucket,
                    _counter(phases, _good if upper == bound else _all if upper > bound else _none, unborn),
                    le=repr(upper),
                    **_ROUTE,
                )
                for upper in http_metrics.LATENCY_BUCKETS
            )
            everything = _counter(phases, _all, unborn)
            return (
                *buckets,
                target.series(name.bucket, everything, le="+Inf", **_ROUTE),
                target.series(f"{name}_count", everything, **_ROUTE),
            )

        return feed

    return of_target


_ROUTE = {"method": "POST", "route": "/payments"}


def _good(phase: Phase) -> float:
    return phase.good


def _bad(phase: Phase) -> float:
    return phase.bad


def _all(phase: Phase) -> float:
    return phase.good + phase.bad


def _none(_: Phase) -> float:
    return 0


def _counter(phases: tuple[Phase, ...], per_minute: Callable[[Phase], float], unborn: int) -> str:
    parts, total = [absent(unborn)] if unborn else [], 0.0
    for phase in phases:
        step = per_minute(phase)
        first = step if phase.restart else total + step
        parts.append(f"{number(first)}+{number(step)}x{phase.minutes - 1}")
        total = first + step * (phase.minutes - 1)
    return then(*parts)


@dataclass(frozen=True, slots=True)
class _Story:
    """Traffic at burn rates of one objective."""

    budget: float

    def burning(self, minutes: int, rate: float, busy: float = 1) -> Phase:
        """Return ``busy`` times the ordinary traffic, with bad events that spend the budget at ``rate``."""
        bad = min(rate * self.budget, 1.0)
        return Phase(minutes, _BUSY * busy * (1 - bad), _BUSY * busy * bad)

    def outage(self, minutes: int, busy: float = 1) -> Phase:
        """Return traffic of which nothing succeeds."""
        return Phase(minutes, 0, _BUSY * busy)

    def just_above(self, rate: float) -> float:
        """Return a burn rate a little above ``rate`` that still can be."""
        return rate + min(rate * _JUST, (1 / self.budget - rate) / 2)


def scenarios(
    objective: Objective, tiers: tuple[Tier, ...], feed: Feed, labels: Mapping[str, str], fewest_errors: int
) -> tuple[Scenario, ...]:
    """Return the proof of an alert that combines two ``tiers``, the faster first."""
    fast, slow = tiers
    story = _Story(objective.error_budget)

    def scenario(title: str, *phases: Phase, fires: bool = False, unborn: int = 0) -> Scenario:
        minutes = unborn + sum(phase.minutes for phase in phases) - 1 if phases else _SETTLED
        return Scenario(title, feed(phases, unborn), minutes * _MINUTE, (labels,) if fires else ())

    # Shares are those of the data there is: an hour stands for three days. The longest windows move once an hour.
    steady = min(slow.short // _MINUTE, 60) + _SETTLED
    past_slow = slow.short // _MINUTE + _SETTLED

    def fast_only(rate: float) -> tuple[Phase, ...]:
        """Return an outage that all long windows remember and all short ones have forgotten, then ``rate`` for the
        faster one's time.
        """
        lasting = fast.short // _MINUTE + (4 if fast.short // _MINUTE == 5 else _SETTLED)
        clean = (slow.short - fast.short) // _MINUTE + 10
        return story.outage(10, 10_000), story.burning(clean, 0, 20), story.burning(lasting, rate)

    def few(failures: int) -> tuple[Phase, ...]:
        """Return failures, one a minute, that are over, but not yet past the slower tier's short window."""
        return (
            (Phase(40), Phase(failures, 0, 1), Phase(15))
            if slow.short >= HOUR
            else (Phase(5), Phase(failures, 0, 1), Phase(10))
        )

    after_health = 2 * fast.rate / slow.rate * past_slow / 20
    return (
        scenario("nothing succeeds", story.outage(steady), fires=True),
        scenario("just above the slower rate", story.burning(steady, story.just_above(slow.rate)), fires=True),
        scenario("just below the slower rate", story.burning(steady, slow.rate * (1 - _JUST))),
        scenario("just above the faster rate only", *fast_only(story.just_above(fast.rate)), fires=True),
        scenario("recovered to just below the faster rate", *fast_only(fast.rate * (1 - _JUST))),
        scenario(
            "a burst after a long healthy time, which the long windows remember",
            story.burning(20, 0, after_health),
            story.burning(past_slow, story.just_above(fast.rate)),
        ),
        scenario("few requests, and enough of them fail", *few(fewest_errors + 2), fires=True),
        scenario("few requests, all of which fail", *few(fewest_errors - 1)),
        scenario("no traffic", Phase(30)),
        scenario("no data"),
        scenario(
            "a restart of a healthy service",
            story.burning(20, slow.rate / 2),
            Phase(1, restart=True),
            story.burning(20, slow.rate / 2),
        ),
        scenario("just deployed, and some of its first requests fail", Phase(3, 2, 1), Phase(5), unborn=10),
    )
