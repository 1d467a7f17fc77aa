"""The service does not run, does not answer, or nobody reaches it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.areas.flow_counts import READS
from payment_bundle.backtest.kinds.flow_strikes import kept, not_ready, share, stopped, times, together
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World

_MINUTE = timedelta(minutes=1)
_SERVICE = IncidentKey.SERVICE_UNAVAILABLE
#: Two weeks to compare with, and the half hour of which the figures are.
SEASONED = timedelta(days=15)
_DOWN = frozenset({"PaymentServiceDown", "ServiceUnreachable", "ServiceNotReady", "NoPaymentProcessed"})
_STOPPED = _DOWN | {"PaymentVolumeLow"}
_FAILING = frozenset({"ErrorRateHigh", "ErrorRateCritical", "AvailabilityErrorBudgetBurnFast"})
_SLOW = frozenset({"ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"})
_AVAILABILITY = frozenset({"availability"})


def _limited(of: float) -> Strike:
    """Return a limit that refuses the share ``of`` of what customers ask."""
    refused = share(lambda flow: flow.limited, of)

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        refused(world, when, rng)
        asked = (1 + READS) * world.flow.wanted[when]
        world.security.events[SecurityEvent.RATE_LIMITED][when] += asked * world.flow.limited[when]

    return strike


KINDS = (
    Kind(
        "service-down",
        "No instance runs",
        _SERVICE,
        _DOWN,
        {
            Strength.NOTICEABLE: Level(Priority.P0, 12 * _MINUTE, stopped(), hours=Hours.QUIET),
            Strength.SEVERE: Level(Priority.P0, 8 * _MINUTE, stopped()),
            Strength.OUTAGE: Level(Priority.P0, 45 * _MINUTE, stopped(), hours=Hours.BUSY),
        },
    ),
    Kind(
        "instance-down",
        "Some instances do not run, the others have their work",
        _SERVICE,
        frozenset({"PaymentServiceInstanceDown", "ReplicasMissing"}),
        {
            Strength.SLIGHT: Level(None, 3 * _MINUTE, stopped(1)),
            Strength.NOTICEABLE: Level(Priority.P2, 50 * _MINUTE, stopped(1)),
            Strength.SEVERE: Level(
                Priority.P1,
                40 * _MINUTE,
                together(
                    stopped(2),
                    times(lambda flow: flow.delay, 25, 3 * _MINUTE),
                    share(lambda flow: flow.unavailable, 0.1, 3 * _MINUTE),
                ),
                spends=frozenset({"availability", "latency"}),
                hours=Hours.BUSY,
                alerts=_SLOW | _FAILING,
            ),
        },
        instances=3,
    ),
    Kind(
        "overloaded",
        "The service sheds requests with 503",
        _SERVICE,
        _FAILING | _DOWN,
        {
            Strength.SLIGHT: Level(None, 30 * _MINUTE, share(lambda flow: flow.unavailable, 0.004)),
            Strength.NOTICEABLE: Level(
                Priority.P2,
                45 * _MINUTE,
                share(lambda flow: flow.unavailable, 0.03, 5 * _MINUTE),
                spends=_AVAILABILITY,
            ),
            Strength.SEVERE: Level(
                Priority.P1,
                40 * _MINUTE,
                share(lambda flow: flow.unavailable, 0.3, 5 * _MINUTE),
                spends=_AVAILABILITY,
            ),
            Strength.OUTAGE: Level(
                Priority.P0,
                35 * _MINUTE,
                together(share(lambda flow: flow.unavailable, 1), not_ready),
                spends=_AVAILABILITY,
                hours=Hours.BUSY,
            ),
        },
    ),
    Kind(
        "customers-lost-on-the-way",
        "Requests do not reach the service, which runs",
        _SERVICE,
        _STOPPED,
        {
            Strength.SLIGHT: Level(None, 40 * _MINUTE, kept(lambda flow: flow.reached, 0.85)),
            Strength.NOTICEABLE: Level(
                Priority.P2, 60 * _MINUTE, kept(lambda flow: flow.reached, 0), hours=Hours.QUIET
            ),
            Strength.SEVERE: Level(Priority.P1, 60 * _MINUTE, kept(lambda flow: flow.reached, 0.15), hours=Hours.BUSY),
            Strength.OUTAGE: Level(Priority.P1, 60 * _MINUTE, kept(lambda flow: flow.reached, 0), hours=Hours.BUSY),
        },
        after=SEASONED,
    ),
    Kind(
        "payments-not-processed",
        "Payments are accepted and go no further",
        _SERVICE,
        _STOPPED,
        {
            Strength.SLIGHT: Level(None, 40 * _MINUTE, share(lambda flow: flow.lost, 0.005)),
            Strength.SEVERE: Level(Priority.P1, 60 * _MINUTE, share(lambda flow: flow.lost, 0.85), hours=Hours.BUSY),
            Strength.OUTAGE: Level(Priority.P0, 45 * _MINUTE, share(lambda flow: flow.lost, 1), hours=Hours.BUSY),
        },
        after=SEASONED,
    ),
    Kind(
        "customers-limited",
        "The rate limit was set too low",
        _SERVICE,
        _STOPPED | {"RequestsRateLimited", "MostRequestsRateLimited"},
        {
            Strength.SLIGHT: Level(None, 40 * _MINUTE, _limited(0.01)),
            Strength.SEVERE: Level(Priority.P1, 60 * _MINUTE, _limited(0.9), hours=Hours.BUSY),
        },
        after=SEASONED,
    ),
    Kind(
        "instances-not-scraped",
        "Prometheus does not reach instances that run",
        IncidentKey.MONITORING_BLIND,
        frozenset({"PaymentServiceDown", "PaymentServiceInstanceDown"}),
        {
            Strength.SLIGHT: Level(None, 2 * _MINUTE, share(lambda flow: flow.missed[0], 1)),
            Strength.NOTICEABLE: Level(Priority.P3, 40 * _MINUTE, share(lambda flow: flow.missed[0], 1)),
            Strength.SEVERE: Level(Priority.P2, 30 * _MINUTE, share(lambda flow: flow.missed, 1)),
        },
    ),
)
