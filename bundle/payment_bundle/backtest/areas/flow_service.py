"""What an instance of the service publishes of its traffic."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.flow_counts import GATEWAY_SECONDS, METHODS, PAY, READ, READS, UNMATCHED
from payment_bundle.backtest.areas.latency import counted, histogram
from payment_catalog import http_metrics, runtime_metrics
from payment_catalog import service_metrics as metrics
from payment_catalog.vocabulary import ConnectionState, GatewayOperation, GatewayOutcome, PaymentStatus
from payment_catalog.vocabulary import RateLimitOutcome as Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.areas.flow import Flow
    from payment_bundle.backtest.areas.flow_counts import Counts
    from payment_bundle.backtest.areas.settlement import Backlog
    from payment_bundle.backtest.scrape import Scrape
    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting

#: Connections that the pool opens at most (``DB_MAX_CONNECTIONS``).
POOL = 25
#: Median time of the service's own part in an answer, seconds.
PAY_SECONDS, READ_SECONDS, REFUSAL_SECONDS = 0.03, 0.018, 0.004
#: Between two timers by which the event loop's lag is measured, seconds, and the bucket that the alert reads.
_TIMER_SECONDS, _LATE = 0.5, 0.25
#: Of the time that an answer takes longer than usual, the share during which it holds a connection.
_CONNECTED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An instance: its number, how it is scraped, and what it counted."""

    number: int
    scrape: Scrape
    counts: Counts


def service_series(flow: Flow, setting: Setting, instance: Instance, backlog: Backlog) -> Iterator[Series]:
    """Return the series of ``instance``."""
    scrape, counts = instance.scrape, instance.counts
    rng = setting.rng("flow", "service", instance.number)
    yield scrape.reachable
    yield from _requests(scrape, counts)
    yield from _payments(scrape, counts)
    yield from _durations(flow, scrape, counts, rng)
    yield from _gateway(scrape, counts)
    yield from _limiter(flow, scrape, counts, rng)
    yield from _queues(flow, instance, rng)
    yield scrape.gauge(metrics.UNRESOLVED_OPERATIONS, flow.unresolved + backlog.number)
    yield scrape.gauge(metrics.UNRESOLVED_OPERATIONS_AGE, np.maximum(flow.unresolved_age, backlog.age))
    timers = round(setting.timeline.resolution / _TIMER_SECONDS)
    late = rng.binomial(timers, flow.loop_blocked[instance.number].clip(0, 1))
    lag, every = runtime_metrics.EVENT_LOOP_LAG, np.full(late.size, timers)
    yield scrape.counted(lag.bucket, every - late, le=str(_LATE))
    yield scrape.counted(lag.bucket, every, le="+Inf")
    yield scrape.counted(f"{lag.name}_count", every)


def _requests(scrape: Scrape, counts: Counts) -> Iterator[Series]:
    for (route, code), number in counts.requests.items():
        if number.any():
            yield scrape.appearing(http_metrics.HTTP_REQUESTS, number, **route._asdict(), code=str(code.value))


def _payments(scrape: Scrape, counts: Counts) -> Iterator[Series]:
    for position, method in enumerate(METHODS):
        for status, number in (
            (PaymentStatus.SUCCEEDED, counts.succeeded[position]),
            (PaymentStatus.FAILED, counts.failed[position]),
        ):
            yield scrape.counter(metrics.PAYMENTS, number, method=method, status=status)
    yield scrape.counter(metrics.PAYMENTS_REPEATED, np.zeros_like(counts.refunded))


def _durations(flow: Flow, scrape: Scrape, counts: Counts, rng: np.random.Generator) -> Iterator[Series]:
    """Refusals are quick; where a route has several kinds of answers, the rest take their usual time."""

    def total(route: tuple[str, str], codes: frozenset[HTTPStatus]) -> NDArray[np.int64]:
        return np.asarray(
            sum(number for (of, code), number in counts.requests.items() if of == route and code in codes)
        )

    quick = np.full(flow.delay.size, REFUSAL_SECONDS)
    refusals = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})
    pay = PAY_SECONDS * flow.delay
    charges = counted(counts.sent, pay + GATEWAY_SECONDS * flow.gateway_delay, rng)
    every = frozenset(HTTPStatus)
    charges += counted(total(PAY, every - refusals) - counts.sent, pay, rng)
    charges += counted(total(PAY, refusals), quick, rng)
    reads = counted(total(READ, every - refusals), READ_SECONDS * flow.delay, rng)
    reads += counted(total(READ, refusals), quick, rng)
    duration = http_metrics.HTTP_REQUEST_DURATION
    yield from histogram(scrape, duration, charges, **PAY._asdict())
    yield from histogram(scrape, duration, reads, **READ._asdict())
    sent = counted(counts.sent, GATEWAY_SECONDS * flow.gateway_delay, rng)
    yield from histogram(scrape, metrics.GATEWAY_REQUEST_DURATION, sent, operation=GatewayOperation.CHARGE)


def _gateway(scrape: Scrape, counts: Counts) -> Iterator[Series]:
    for outcome, number in (
        (GatewayOutcome.ACCEPTED, counts.answered - counts.declined),
        (GatewayOutcome.DECLINED, counts.declined),
        (GatewayOutcome.ERROR, counts.errors),
        (GatewayOutcome.TIMEOUT, counts.timeouts),
        (GatewayOutcome.UNREACHABLE, counts.unreachable),
        (GatewayOutcome.CIRCUIT_OPEN, counts.refused),
    ):
        yield scrape.counter(metrics.GATEWAY_REQUESTS, number, operation=GatewayOperation.CHARGE, outcome=outcome)
    yield scrape.gauge(metrics.BREAKER_STATE, counts.breaker)


def _limiter(flow: Flow, scrape: Scrape, counts: Counts, rng: np.random.Generator) -> Iterator[Series]:
    asked = [(code, number) for (route, code), number in counts.requests.items() if route is not UNMATCHED]
    rejected = np.asarray(sum(number for code, number in asked if code is HTTPStatus.TOO_MANY_REQUESTS))
    passed = np.asarray(sum(number for code, number in asked if code is not HTTPStatus.TOO_MANY_REQUESTS))
    unchecked = rng.binomial(passed, flow.limiter_down.clip(0, 1))
    yield scrape.counter(metrics.RATE_LIMIT_REQUESTS, passed - unchecked, outcome=Limit.ALLOWED)
    yield scrape.counter(metrics.RATE_LIMIT_REQUESTS, rejected, outcome=Limit.REJECTED)
    yield scrape.counter(metrics.RATE_LIMIT_REQUESTS, unchecked, outcome=Limit.UNCHECKED_ALLOWED)


def _queues(flow: Flow, instance: Instance, rng: np.random.Generator) -> Iterator[Series]:
    """What answers take longer than usual is spent waiting, with a request in progress (Little's law)."""
    scrape, per_second = instance.scrape, flow.wanted * flow.shares()[instance.number]
    own = (PAY_SECONDS + READS * READ_SECONDS) * np.maximum(flow.delay - 1.5, 0)
    longer = own + GATEWAY_SECONDS * np.maximum(flow.gateway_delay - 1.5, 0)
    in_progress = flow.in_progress[instance.number] + rng.poisson(per_second * longer)
    in_use = flow.pool_in_use[instance.number] + rng.poisson(per_second * own * _CONNECTED)
    yield scrape.gauge(http_metrics.HTTP_REQUESTS_IN_PROGRESS, in_progress)
    yield scrape.gauge(metrics.DB_CONNECTIONS, np.minimum(in_use, POOL), state=ConnectionState.IN_USE)
    yield scrape.gauge(metrics.DB_CONNECTIONS_MAX, np.full(in_use.size, float(POOL)))
