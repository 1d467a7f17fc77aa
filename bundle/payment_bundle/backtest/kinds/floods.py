"""More requests than anybody needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_bundle.backtest.kinds.kind import Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import SecurityEvent

if TYPE_CHECKING:
    import numpy as np

    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_FLOODED = frozenset({"RequestFlood", "MostRequestsRateLimited", "MostRequestsRefused", "RequestsRateLimited"})
_SLOW = frozenset({"ApiLatencyCritical", "LatencyErrorBudgetBurnFast", "ApiLatencyHigh"})
_DOWN = frozenset({"NoPaymentProcessed", "PaymentServiceDown"})
_FAILING = frozenset(
    {"ErrorRateCritical", "AvailabilityErrorBudgetBurnFast", "ServiceNotReady", "PodNotReady", "ReplicasMissing"}
)


def limited(per_second: float, over: timedelta = _MINUTE) -> Strike:
    """Return requests that the rate limiter refuses."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        pace = per_second * setting_in(world, when, rng, over)
        world.flow.bots_limited[when] += pace
        world.security.events[SecurityEvent.RATE_LIMITED][when] += pace

    return strike


def flooded(per_second: float, *, served: float, delay: float = 1, overwhelmed: bool = False) -> Strike:
    """Return requests from so many sources that the limiter lets the share ``served`` pass; the others get 429.

    A service that is overwhelmed answers no customer but with 503.
    """
    refused = limited(per_second * (1 - served), 3 * _MINUTE)

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        refused(world, when, rng)
        force = setting_in(world, when, rng, 3 * _MINUTE)
        flow = world.flow
        flow.bots_served[when] += per_second * served * force
        flow.delay[when] *= 1 + (delay - 1) * force
        if overwhelmed:
            flow.unavailable[when] = 1
            flow.ready[when] = 0
        world.host.busy[when] += 0.3 * served * force

    return strike


def aimless(per_second: float) -> Strike:
    """Return requests for what does not exist."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.flow.bots_unmatched[when] += per_second * setting_in(world, when, rng, _MINUTE)

    return strike


_FLOOD = Kind(
    "request-flood",
    "A flood of requests from many sources",
    IncidentKey.DDOS_ATTACK,
    _FLOODED,
    {
        Strength.SLIGHT: Level(None, 20 * _MINUTE, flooded(6, served=0.9)),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, flooded(250, served=0.5)),
        Strength.SEVERE: Level(
            Priority.P1,
            40 * _MINUTE,
            flooded(700, served=0.6, delay=25),
            spends=frozenset({"latency"}),
            alerts=_FLOODED | _SLOW,
        ),
        Strength.OUTAGE: Level(
            Priority.P0,
            30 * _MINUTE,
            flooded(2500, served=0.1, delay=14, overwhelmed=True),
            spends=frozenset({"availability", "latency"}),
            alerts=_FLOODED | _SLOW | _DOWN | _FAILING,
        ),
    },
)
_STORM = Kind(
    "rate-limit-storm",
    "One merchant's loop runs into its limit without end",
    IncidentKey.DDOS_ATTACK,
    _FLOODED,
    {
        Strength.SLIGHT: Level(None, 20 * _MINUTE, limited(0.5)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, limited(20)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, limited(160)),
    },
)
_AIMLESS = Kind(
    "aimless-flood",
    "Most requests ask for what does not exist",
    IncidentKey.DDOS_ATTACK,
    _FLOODED,
    {Strength.NOTICEABLE: Level(Priority.P3, _HOUR, aimless(120))},
)

KINDS = (_FLOOD, _STORM, _AIMLESS)
