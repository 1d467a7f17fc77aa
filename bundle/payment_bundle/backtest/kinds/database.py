"""The database fails, or makes its clients wait for each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.database import CONNECTIONS_LIMIT
from payment_bundle.backtest.areas.flow_service import POOL
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import rising, seconds_into, setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import DatabaseConnectionState

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_FAILING = frozenset({"ErrorRateHigh", "ErrorRateCritical", "AvailabilityErrorBudgetBurnFast"})
_UNREADY = frozenset(
    {
        "ServiceNotReady",
        "NoPaymentProcessed",
        "PaymentServiceDown",
        "ExporterCollectorFails",
        "PodNotReady",
        "ReplicasMissing",
    }
)
_AVAILABILITY = frozenset({"availability"})


def down(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take the server away: the service answers 503 to nearly everything and says that it is not ready."""
    world.database.reachable[when] = 0
    world.flow.ready[when] = 0
    world.flow.unavailable[when] = 1
    world.flow.pool_in_use[:, when] = 0
    world.flow.delay[when] *= 1 + 2 * setting_in(world, when, rng)


def half_reachable(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let every other connection fail, as with one of two addresses gone."""
    share = 0.5 * setting_in(world, when, rng)
    world.flow.unavailable[when] = share.clip(0, 0.9)
    world.database.reachable[when] = rng.random(share.size) > 0.5


def locked(waiting: float, delay: float, errors: float) -> Strike:
    """Return a lock that is held: so many wait for it, requests take ``delay`` times as long, some time out."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng, 3 * _MINUTE)
        held = seconds_into(world, when)
        database, flow = world.database, world.flow
        database.waiting[when] = np.maximum(np.round(waiting * force), 1)
        # Who waits is given up after half a minute; who holds the lock is idle in its transaction.
        database.longest_query[when] = np.maximum(database.longest_query[when], np.minimum(held, 30))
        database.longest_transaction[when] = np.maximum(database.longest_transaction[when], held)
        database.connections[DatabaseConnectionState.ACTIVE][when] += waiting * force
        flow.delay[when] *= 1 + (delay - 1) * force
        flow.server_errors[when] += errors * force
        flow.pool_in_use[:, when] = np.minimum(flow.pool_in_use[:, when] + waiting / 3 * force, POOL)

    return strike


def deadlocked(per_hour: float, errors: float = 0) -> Strike:
    """Return transactions that lock the same rows in different order."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng)
        world.database.deadlocks[when] += per_hour / 3600 * force
        world.flow.server_errors[when] += errors * force

    return strike


def crowded(share: float, over: timedelta, errors: float = 0) -> Strike:
    """Return connections that nobody gives back, up to that ``share`` of the limit."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        connections = world.database.connections
        usual = sum(count[when] for count in connections.values())
        risen = rising(world, when, over)
        wanted = np.minimum(share * CONNECTIONS_LIMIT + rng.normal(0, 0.8, risen.size), CONNECTIONS_LIMIT)
        connections[DatabaseConnectionState.IDLE][when] += np.maximum(wanted - usual, 0) * risen
        world.flow.server_errors[when] += errors * (risen >= 1)

    return strike


_DOWN = Kind(
    "database-down",
    "The database does not answer",
    IncidentKey.SERVICE_UNAVAILABLE,
    _UNREADY | _FAILING,
    {
        Strength.SLIGHT: Level(None, _MINUTE, down, hours=Hours.QUIET),
        Strength.SEVERE: Level(Priority.P1, 40 * _MINUTE, half_reachable, spends=_AVAILABILITY, hours=Hours.BUSY),
        Strength.OUTAGE: Level(Priority.P0, 45 * _MINUTE, down, spends=_AVAILABILITY, hours=Hours.BUSY),
    },
)
_LOCKS = Kind(
    "locks-waiting",
    "Transactions wait for a lock that is held",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset(
        {
            "LocksWaiting",
            "LongTransaction",
            "DatabasePoolNearLimit",
            "DatabaseConnectionsNearLimit",
            "ApiLatencyHigh",
        }
    )
    | _FAILING,
    {
        Strength.SLIGHT: Level(None, _MINUTE, locked(1, 1, 0)),
        Strength.NOTICEABLE: Level(Priority.P2, 30 * _MINUTE, locked(4, 1.3, 0.002)),
        Strength.SEVERE: Level(Priority.P1, 30 * _MINUTE, locked(60, 4, 0.2), spends=_AVAILABILITY, hours=Hours.BUSY),
    },
)
_DEADLOCKS = Kind(
    "deadlocks",
    "Transactions lock each other out",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset({"DeadlocksFound"}) | _FAILING,
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, deadlocked(4)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, deadlocked(40)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, deadlocked(600, 0.025), spends=_AVAILABILITY, hours=Hours.BUSY),
    },
)
_CONNECTIONS = Kind(
    "database-connections",
    "Connections to the database are not given back",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset({"DatabaseConnectionsNearLimit"}) | _FAILING,
    {
        Strength.SLIGHT: Level(None, _HOUR, crowded(0.68, 20 * _MINUTE)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, crowded(0.88, 20 * _MINUTE)),
        Strength.SEVERE: Level(
            Priority.P1, _HOUR, crowded(1, 10 * _MINUTE, 0.15), spends=_AVAILABILITY, hours=Hours.BUSY
        ),
    },
)

KINDS = (_DOWN, _LOCKS, _DEADLOCKS, _CONNECTIONS)
