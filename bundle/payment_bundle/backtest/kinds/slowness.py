"""Answers that take long, by the service's fault or the gateway's, and what waits for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.flow_service import POOL
from payment_bundle.backtest.kinds.flow_strikes import share, times, together
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_MINUTE = timedelta(minutes=1)
_PERFORMANCE = IncidentKey.PERFORMANCE_DEGRADATION
_SLOW = frozenset({"ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"})
_FAILING = frozenset({"ErrorRateHigh", "ErrorRateCritical", "AvailabilityErrorBudgetBurnFast"})
_LATENCY = frozenset({"latency"})


def _pool(of: float, *, everywhere: bool = False) -> Strike:
    """Return a pool of which the share ``of`` is in use: the first instance's, or that of each."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        in_use = world.flow.pool_in_use[slice(None) if everywhere else slice(1), when]
        used = np.rint(POOL * of * setting_in(world, when, rng, 3 * _MINUTE, 0.02))
        in_use[:] = np.maximum(in_use, used).clip(0, POOL)

    return strike


def _waiting(requests: float) -> Strike:
    """Return requests that wait, so many at an instance."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.flow.in_progress[:, when] += np.rint(requests * setting_in(world, when, rng, 10 * _MINUTE))

    return strike


KINDS = (
    Kind(
        "gateway-slow",
        "The gateway answers slowly",
        _PERFORMANCE,
        _SLOW,
        {
            Strength.SLIGHT: Level(None, 45 * _MINUTE, times(lambda flow: flow.gateway_delay, 1.35)),
            Strength.NOTICEABLE: Level(
                Priority.P2,
                50 * _MINUTE,
                times(lambda flow: flow.gateway_delay, 4, 5 * _MINUTE),
                spends=_LATENCY,
            ),
            Strength.SEVERE: Level(
                Priority.P1,
                45 * _MINUTE,
                times(lambda flow: flow.gateway_delay, 16, 5 * _MINUTE),
                spends=_LATENCY,
            ),
        },
    ),
    Kind(
        "service-slow",
        "The service itself answers slowly",
        _PERFORMANCE,
        _SLOW,
        {
            Strength.SLIGHT: Level(None, 45 * _MINUTE, times(lambda flow: flow.delay, 1.4)),
            Strength.NOTICEABLE: Level(
                Priority.P2, 60 * _MINUTE, times(lambda flow: flow.delay, 6, 20 * _MINUTE), spends=_LATENCY
            ),
            Strength.SEVERE: Level(
                Priority.P1, 45 * _MINUTE, times(lambda flow: flow.delay, 30, 5 * _MINUTE), spends=_LATENCY
            ),
        },
    ),
    Kind(
        "event-loop-blocked",
        "Something holds up the event loop",
        _PERFORMANCE,
        frozenset({"EventLoopBlocked"}),
        {
            Strength.SLIGHT: Level(None, 30 * _MINUTE, share(lambda flow: flow.loop_blocked[:1], 0.003)),
            Strength.NOTICEABLE: Level(Priority.P3, 60 * _MINUTE, share(lambda flow: flow.loop_blocked[:1], 0.05)),
            Strength.SEVERE: Level(
                Priority.P2,
                50 * _MINUTE,
                together(share(lambda flow: flow.loop_blocked, 0.25), times(lambda flow: flow.delay, 8)),
                spends=_LATENCY,
                alerts=_SLOW,
            ),
        },
    ),
    Kind(
        "pool-exhausted",
        "Requests wait for a connection to the database",
        _PERFORMANCE,
        frozenset({"DatabasePoolNearLimit"}),
        {
            Strength.SLIGHT: Level(None, 30 * _MINUTE, _pool(0.8)),
            Strength.NOTICEABLE: Level(Priority.P2, 45 * _MINUTE, _pool(1)),
            Strength.SEVERE: Level(
                Priority.P1,
                40 * _MINUTE,
                together(
                    _pool(1, everywhere=True),
                    times(lambda flow: flow.delay, 30, 3 * _MINUTE),
                    share(lambda flow: flow.server_errors, 0.08, 5 * _MINUTE),
                ),
                spends=_LATENCY | {"availability"},
                alerts=_SLOW | _FAILING,
            ),
        },
    ),
    Kind(
        "requests-pile-up",
        "Requests are served more slowly than they come",
        _PERFORMANCE,
        frozenset({"RequestsPileUp"}) | _SLOW,
        {
            Strength.SLIGHT: Level(None, 30 * _MINUTE, _waiting(15)),
            Strength.NOTICEABLE: Level(
                Priority.P2,
                50 * _MINUTE,
                together(_waiting(90), times(lambda flow: flow.delay, 7, 10 * _MINUTE)),
                spends=_LATENCY,
                hours=Hours.BUSY,
            ),
        },
    ),
    Kind(
        "too-many-customers",
        "More customers come than the service can serve",
        _PERFORMANCE,
        _SLOW | _FAILING | {"RequestFlood"},
        {
            Strength.SLIGHT: Level(None, 60 * _MINUTE, times(lambda flow: flow.wanted, 2, 15 * _MINUTE)),
            Strength.NOTICEABLE: Level(
                Priority.P2,
                50 * _MINUTE,
                together(
                    times(lambda flow: flow.wanted, 4, 10 * _MINUTE), times(lambda flow: flow.delay, 6, 15 * _MINUTE)
                ),
                spends=_LATENCY,
                hours=Hours.BUSY,
            ),
            Strength.SEVERE: Level(
                Priority.P1,
                45 * _MINUTE,
                together(
                    times(lambda flow: flow.wanted, 7, 10 * _MINUTE),
                    times(lambda flow: flow.delay, 30, 10 * _MINUTE),
                    share(lambda flow: flow.unavailable, 0.12, 10 * _MINUTE),
                ),
                spends=_LATENCY | {"availability"},
                hours=Hours.BUSY,
            ),
        },
    ),
)
