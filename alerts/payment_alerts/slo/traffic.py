"""Input series of an objective: traffic in phases, each with its share of bad events."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from payment_alerts.scenario_series import absent, then
from payment_catalog import http_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.promql import number
from payment_catalog.vocabulary import PaymentMethod, PaymentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payment_alerts.alert import InputSeries
    from payment_alerts.scenario_series import Target
    from payment_catalog.slos import Objective

_ROUTE = {"method": "POST", "route": "/payments"}
#: Share of the events that each of two instances has: uneven, so that their sum is no multiple of either.
_INSTANCES = (0.7, 0.3)
#: Few events are counted in parts, many as a whole, so that every sum has a short exact form: promtool adds steps up,
#: and what it finds a rounding error higher than the next phase begins is a restart of the counter to it.
_FEW = 1e7
_PARTS = 256
#: What a counter shows that has been counting for a while.
_SO_FAR = 1000


@dataclass(frozen=True, slots=True)
class Phase:
    """Minutes of steady traffic, in events a minute; the counters may begin anew at its first."""

    minutes: int
    good: float = 0
    bad: float = 0
    restart: bool = False


class Feed(Protocol):
    """Makes the input series of phases that follow each other, of a service that starts after ``unborn`` minutes.

    The first sample is from before the first phase. What counts bad events alone appears just before the first of them.
    """

    def __call__(self, phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
        """Return the series."""


def feed_of(objective: Objective, bound: float, target: Target) -> Feed:
    """Return what moves the counters of ``objective``; ``bound`` is the latency in seconds that is in time."""
    one_instance = {"success": _payments, "availability": _requests, "latency": _durations(bound)}[objective.key]

    def feed(phases: tuple[Phase, ...], unborn: int = 0) -> tuple[InputSeries, ...]:
        return tuple(
            series
            for instance, share in zip((target, target.second), _INSTANCES, strict=True)
            for series in one_instance(instance, _Counters(phases, unborn, share))
        )

    return feed


@dataclass(frozen=True, slots=True)
class _Counters:
    """Values of counters that ``share`` of the events move."""

    phases: tuple[Phase, ...]
    unborn: int
    share: float

    @property
    def _parts(self) -> int:
        return _PARTS if sum(phase.minutes * (phase.good + phase.bad) for phase in self.phases) < _FEW else 1

    def of(self, per_minute: Callable[[Phase], float], *, late: bool = False) -> str:
        """Return the values of a counter in promtool's notation; a ``late`` one appears with what it counts.

        Empty where it never does.
        """
        idle = list(itertools.takewhile(lambda phase: late and not per_minute(phase), self.phases))
        if len(idle) == len(self.phases):
            return ""
        missing = self.unborn + sum(phase.minutes for phase in idle)
        total = 0.0 if self.unborn else _SO_FAR * self.share
        parts = [absent(missing), number(total)] if missing else [number(total)]
        for phase in self.phases[len(idle) :]:
            step = round(per_minute(phase) * self.share * self._parts) / self._parts
            first = step if phase.restart else total + step
            parts.append(f"{number(first)}+{number(step)}x{phase.minutes - 1}")
            total = first + step * (phase.minutes - 1)
        return then(*parts)


def _payments(target: Target, counters: _Counters) -> Iterator[InputSeries]:
    def payments(status: PaymentStatus, values: str) -> InputSeries:
        return target.series(metrics.PAYMENTS.name, values, method=PaymentMethod.CARD, status=status)

    yield payments(PaymentStatus.SUCCEEDED, counters.of(_good))
    if failed := counters.of(_bad, late=True):
        yield payments(PaymentStatus.FAILED, failed)


def _requests(target: Target, counters: _Counters) -> Iterator[InputSeries]:
    def requests(code: str, values: str) -> InputSeries:
        return target.series(http_metrics.HTTP_REQUESTS.name, values, code=code, **_ROUTE)

    # A client that went away before the answer is no fault of ours.
    yield requests("499", counters.of(_good))
    if failed := counters.of(_bad, late=True):
        yield requests("503", failed)


def _durations(bound: float) -> Callable[[Target, _Counters], Iterator[InputSeries]]:
    """Return a histogram by its buckets about ``bound``: what is in time lies in that one, what is not in the next."""
    name = http_metrics.HTTP_REQUEST_DURATION
    at = http_metrics.LATENCY_BUCKETS.index(bound)
    lower, upper = http_metrics.LATENCY_BUCKETS[max(at - 1, 0) : at], http_metrics.LATENCY_BUCKETS[at + 1 : at + 2]
    buckets: dict[str, Callable[[Phase], float]] = {
        **{repr(end): _none for end in lower},
        repr(bound): _good,
        **{repr(end): _all for end in upper},
        "+Inf": _all,
    }

    def durations(target: Target, counters: _Counters) -> Iterator[InputSeries]:
        for end, per_minute in buckets.items():
            yield target.series(name.bucket, counters.of(per_minute), le=end, **_ROUTE)
        yield target.series(f"{name}_count", counters.of(_all), **_ROUTE)

    return durations


def _good(phase: Phase) -> float:
    return phase.good


def _bad(phase: Phase) -> float:
    return phase.bad


def _all(phase: Phase) -> float:
    return phase.good + phase.bad


def _none(_: Phase) -> float:
    return 0
