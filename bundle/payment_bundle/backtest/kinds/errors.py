"""Requests and payments that fail, by the service's fault or the gateway's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.availability import SEASONED
from payment_bundle.backtest.kinds.flow_strikes import of_method, share, times
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import rising, seconds_into
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import PaymentMethod

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_MINUTE = timedelta(minutes=1)
_ERRORS = IncidentKey.HIGH_ERROR_RATE
_FAILING = frozenset({"ErrorRateHigh", "ErrorRateCritical", "AvailabilityErrorBudgetBurnFast"})
_UNPAID = frozenset({"PaymentSuccessRateCritical", "PaymentSuccessErrorBudgetBurnFast"})
_STOPPED = frozenset({"NoPaymentProcessed", "PaymentVolumeLow"})
_GATEWAY = _FAILING | _UNPAID | {"CircuitBreakerOpen", "PaymentFailuresOnOurSide"}
_UNKNOWN = frozenset({"PaymentOutcomeUnknown", "GatewayOperationsPileUp"})
_AVAILABILITY = frozenset({"availability"})
_BOTH = frozenset({"availability", "success"})
_SUCCESS = frozenset({"success"})


def _unresolved(number: float) -> Strike:
    """Return so many operations in the end whose outcome nobody tells, the oldest from the beginning."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        flow, age = world.flow, seconds_into(world, when)
        waiting = np.ceil(number * rising(world, when, 45 * _MINUTE))
        flow.unresolved[when] += waiting + rng.poisson(0.02 * number, age.size)
        flow.unresolved_age[when] = np.maximum(flow.unresolved_age[when], age)

    return strike


KINDS = (
    Kind(
        "bad-release",
        "A release answers requests with 500",
        _ERRORS,
        _FAILING,
        {
            Strength.SLIGHT: Level(None, 40 * _MINUTE, share(lambda flow: flow.server_errors, 0.004)),
            Strength.NOTICEABLE: Level(
                Priority.P2, 45 * _MINUTE, share(lambda flow: flow.server_errors, 0.025), spends=_AVAILABILITY
            ),
            Strength.SEVERE: Level(
                Priority.P1, 40 * _MINUTE, share(lambda flow: flow.server_errors, 0.12), spends=_AVAILABILITY
            ),
            Strength.OUTAGE: Level(
                Priority.P0,
                35 * _MINUTE,
                share(lambda flow: flow.server_errors, 1),
                spends=_AVAILABILITY,
                hours=Hours.BUSY,
                alerts=_FAILING | _STOPPED,
            ),
        },
    ),
    Kind(
        "gateway-errors",
        "The gateway fails",
        _ERRORS,
        _GATEWAY,
        {
            Strength.SLIGHT: Level(None, 40 * _MINUTE, share(lambda flow: flow.gateway_failures, 0.015)),
            Strength.NOTICEABLE: Level(
                Priority.P2, 50 * _MINUTE, share(lambda flow: flow.gateway_failures, 0.09, 5 * _MINUTE), spends=_BOTH
            ),
            Strength.SEVERE: Level(
                Priority.P1, 45 * _MINUTE, share(lambda flow: flow.gateway_failures, 0.4, 3 * _MINUTE), spends=_BOTH
            ),
            Strength.OUTAGE: Level(
                Priority.P0,
                45 * _MINUTE,
                share(lambda flow: flow.gateway_failures, 1),
                spends=_BOTH,
                hours=Hours.BUSY,
                alerts=_GATEWAY | _STOPPED | _UNKNOWN,
            ),
        },
    ),
    Kind(
        "gateway-down",
        "The gateway cannot be connected to, and the breaker opens",
        _ERRORS,
        _GATEWAY | {"GatewayUnreachable"},
        {
            Strength.NOTICEABLE: Level(
                Priority.P1, 50 * _MINUTE, share(lambda flow: flow.gateway_down, 1), spends=_BOTH, hours=Hours.QUIET
            ),
            Strength.SEVERE: Level(Priority.P1, 40 * _MINUTE, share(lambda flow: flow.gateway_down, 0.5), spends=_BOTH),
            Strength.OUTAGE: Level(
                Priority.P0,
                45 * _MINUTE,
                share(lambda flow: flow.gateway_down, 1),
                spends=_BOTH,
                hours=Hours.BUSY,
                alerts=_GATEWAY | _STOPPED,
            ),
        },
    ),
    Kind(
        "gateway-times-out",
        "The gateway is so slow that the service gives up",
        _ERRORS,
        _GATEWAY | _UNKNOWN | {"ApiLatencyCritical", "LatencyErrorBudgetBurnFast"},
        {
            Strength.SEVERE: Level(
                Priority.P1,
                45 * _MINUTE,
                times(lambda flow: flow.gateway_delay, 50, 10 * _MINUTE),
                spends=_BOTH | {"latency"},
            ),
        },
    ),
    Kind(
        "outcomes-unknown",
        "The gateway does not tell what became of payments",
        _ERRORS,
        _UNKNOWN,
        {
            Strength.SLIGHT: Level(None, 12 * _MINUTE, _unresolved(2)),
            Strength.NOTICEABLE: Level(Priority.P2, 75 * _MINUTE, _unresolved(2)),
            Strength.SEVERE: Level(Priority.P2, 75 * _MINUTE, _unresolved(120)),
        },
    ),
    Kind(
        "issuers-decline",
        "Issuers decline more than usual",
        _ERRORS,
        _UNPAID | {"PaymentDeclinesUnusual", "PaymentMethodFailing"},
        {
            Strength.SLIGHT: Level(None, 60 * _MINUTE, share(lambda flow: flow.declines, 0.022)),
            Strength.NOTICEABLE: Level(
                Priority.P2, 60 * _MINUTE, share(lambda flow: flow.declines, 0.15, 10 * _MINUTE), spends=_SUCCESS
            ),
            Strength.SEVERE: Level(
                Priority.P1,
                50 * _MINUTE,
                share(lambda flow: flow.declines, 0.6, 5 * _MINUTE),
                spends=_SUCCESS,
                hours=Hours.BUSY,
            ),
        },
    ),
    Kind(
        "method-fails",
        "Payments with one method fail",
        _ERRORS,
        _UNPAID | {"PaymentMethodFailing", "PaymentMethodDown", "PaymentDeclinesUnusual"},
        {
            Strength.SLIGHT: Level(
                None, 60 * _MINUTE, share(of_method(lambda flow: flow.method_down, PaymentMethod.BOOST), 0.12)
            ),
            Strength.NOTICEABLE: Level(
                Priority.P2,
                70 * _MINUTE,
                share(of_method(lambda flow: flow.method_down, PaymentMethod.TNG), 0.9),
                spends=_SUCCESS,
                hours=Hours.BUSY,
            ),
            Strength.SEVERE: Level(
                Priority.P1,
                50 * _MINUTE,
                share(of_method(lambda flow: flow.method_down, PaymentMethod.CARD), 0.95),
                spends=_SUCCESS,
                hours=Hours.BUSY,
            ),
        },
        after=SEASONED,
    ),
)
