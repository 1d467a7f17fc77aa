"""What an instance counted from one moment to the next, drawn by chance from the flow's drivers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from payment_bundle.backtest.areas.breaker import guard
from payment_bundle.backtest.areas.latency import share_within
from payment_bundle.backtest.areas.settlement import settled
from payment_catalog.http_metrics import UNMATCHED_ROUTE
from payment_catalog.vocabulary import BreakerState, FailureReason, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from payment_bundle.backtest.areas.flow import Flow
    from payment_bundle.backtest.setting import Setting

    Whole = NDArray[np.int64]
    Real = NDArray[np.float64]

#: How customers pay, from the most used method to one that few use, and the share of payments with each.
METHODS = {PaymentMethod.CARD: 0.42, PaymentMethod.FPX: 0.33, PaymentMethod.TNG: 0.18, PaymentMethod.BOOST: 0.07}
#: Questions about payments for each payment.
READS = 3.0
#: Median time of the gateway's answer, and after how long the service gives it up (``FIUU_TIMEOUT_SECONDS``).
GATEWAY_SECONDS, GATEWAY_TIMEOUT = 0.06, 5.0
#: Share of the operations with an unknown outcome that turn out to be charged.
CHARGED = 0.25


class Route(NamedTuple):
    """A method and a route's template."""

    method: str
    route: str


PAY = Route("POST", "/payments")
READ = Route("GET", "/payments/{payment_id}")
REFUND = Route("POST", "/payments/{payment_id}/refunds")
UNMATCHED = Route("GET", UNMATCHED_ROUTE)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Counts of an instance: shape (n,), or (methods, n) where they are told apart by method.

    ``charges`` tells how calls to the gateway ended; ``unknown`` is those among them whose outcome is found out later,
    when they are ``found``. ``open`` is the breaker's state.
    """

    requests: Mapping[tuple[Route, HTTPStatus], Whole]
    succeeded: Whole
    failed: Whole
    reasons: Mapping[FailureReason, Whole]
    refunded: Whole
    answered: Whole
    declined: Whole
    refused: Whole
    unreachable: Whole
    errors: Whole
    timeouts: Whole
    found: Whole
    breaker: Real

    @property
    def unknown(self) -> Whole:
        """Operations that ended without an answer."""
        return self.errors + self.timeouts

    @property
    def sent(self) -> Whole:
        """Calls that reached the gateway."""
        return self.answered + self.unknown


def draw(flow: Flow, setting: Setting, number: int, share: Real) -> Counts:
    """Return the counts of the instance ``number``, which has that share (shape (n,)) of all that is asked."""
    rng = setting.rng("flow", "counts", number)
    seconds = share * setting.timeline.resolution
    mix = np.array(list(METHODS.values()))[:, None] * (1 - flow.method_absent.clip(0, 1))
    tried = flow.wanted * mix.sum(axis=0) * seconds
    by_method = _normalised(mix)
    limited, unavailable = flow.limited.clip(0, 1), flow.unavailable.clip(0, 1)
    broken, lost = flow.server_errors.clip(0, 1), flow.lost.clip(0, 1)
    passing = (1 - limited) * (1 - unavailable)
    fine = passing * (1 - broken)

    timeout = 1 - share_within(GATEWAY_TIMEOUT, GATEWAY_SECONDS * flow.gateway_delay)
    unanswered = 1 - (1 - flow.gateway_failures.clip(0, 1)) * (1 - timeout)
    failing = 1 - (1 - unanswered) * (1 - flow.gateway_down.clip(0, 1))
    calls = rng.poisson(tried * fine * (1 - lost))
    guarded = guard(calls, failing, setting.timeline.resolution, rng)
    unreachable = rng.binomial(guarded.failed, _share(flow.gateway_down, failing))
    timeouts = rng.binomial(guarded.failed - unreachable, _share(timeout, unanswered))
    errors = guarded.failed - unreachable - timeouts
    answered = calls - guarded.failed - guarded.refused

    questions = np.where(guarded.state == BreakerState.OPEN.value_on_metrics, 0, 1 - failing**3)
    found = np.stack([settled(unknown, questions, setting.timeline.resolution, rng) for unknown in (errors, timeouts)])
    charged = rng.binomial(found, CHARGED)
    failed_errors, failed_timeouts = found - charged

    ended = rng.multinomial(answered, by_method.T).T
    declined = rng.binomial(ended, 1 - (1 - flow.declines.clip(0, 1)) * (1 - flow.method_down.clip(0, 1)))
    ours = guarded.refused + unreachable + failed_errors + failed_timeouts
    poor = rng.binomial(declined.sum(axis=0), 0.3)
    refunded = rng.poisson(flow.refunds * flow.wanted * fine * (1 - failing) * seconds)
    read = READS * flow.wanted * seconds
    return Counts(
        requests={
            (PAY, HTTPStatus.CREATED): answered,
            (PAY, HTTPStatus.ACCEPTED): rng.poisson(tried * fine * lost),
            (PAY, HTTPStatus.TOO_MANY_REQUESTS): rng.poisson(tried * limited),
            (PAY, HTTPStatus.INTERNAL_SERVER_ERROR): rng.poisson(tried * passing * broken),
            (PAY, HTTPStatus.BAD_GATEWAY): errors + unreachable,
            (PAY, HTTPStatus.SERVICE_UNAVAILABLE): guarded.refused + rng.poisson(tried * (1 - limited) * unavailable),
            (PAY, HTTPStatus.GATEWAY_TIMEOUT): timeouts,
            (READ, HTTPStatus.OK): rng.poisson(read * fine * 0.998 + flow.bots_served * seconds),
            (READ, HTTPStatus.UNAUTHORIZED): rng.poisson(flow.bots_unauthorized * seconds),
            (READ, HTTPStatus.NOT_FOUND): rng.poisson(read * fine * 0.002),
            (READ, HTTPStatus.TOO_MANY_REQUESTS): rng.poisson(read * limited + flow.bots_limited * seconds),
            (READ, HTTPStatus.INTERNAL_SERVER_ERROR): rng.poisson(read * passing * broken),
            (READ, HTTPStatus.SERVICE_UNAVAILABLE): rng.poisson(read * (1 - limited) * unavailable),
            (REFUND, HTTPStatus.CREATED): refunded,
            (UNMATCHED, HTTPStatus.NOT_FOUND): rng.poisson(flow.bots_unmatched * seconds),
        },
        succeeded=ended - declined + rng.multinomial(charged.sum(axis=0), by_method.T).T,
        failed=declined + rng.multinomial(ours, by_method.T).T,
        reasons={
            FailureReason.DECLINED: declined.sum(axis=0) - poor,
            FailureReason.INSUFFICIENT_FUNDS: poor,
            FailureReason.GATEWAY_ERROR: unreachable + failed_errors,
            FailureReason.GATEWAY_TIMEOUT: failed_timeouts,
            FailureReason.CIRCUIT_OPEN: guarded.refused,
        },
        refunded=refunded,
        answered=answered,
        declined=declined.sum(axis=0),
        refused=guarded.refused,
        unreachable=unreachable,
        errors=errors,
        timeouts=timeouts,
        found=found.sum(axis=0),
        breaker=guarded.state,
    )


def _share(part: Real, whole: Real) -> Real:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0).clip(0, 1)


def _normalised(mix: Real) -> Real:
    """Return the shares of the methods among what is tried; those of a usual day where nothing is."""
    usual = np.array(list(METHODS.values()))[:, None]
    total = mix.sum(axis=0)
    return np.where(total > 0, mix / np.where(total > 0, total, 1), usual)
