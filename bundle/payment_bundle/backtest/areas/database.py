"""The payment database as its server sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, HOUR, busy_hours, jitter, sawtooth, since, wander
from payment_catalog.exporter_metrics import postgres
from payment_catalog.vocabulary import DatabaseConnectionState, DatabaseTable, ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.timeline import Timeline
    from payment_bundle.backtest.world import World

#: ``max_connections`` of 100, three of them for superusers.
CONNECTIONS_LIMIT = 97.0
#: When statistics are updated and old attempts are deleted, seconds after midnight.
ANALYZE_AT, DELETE_AT = int(2.5 * HOUR), int(3.25 * HOUR)
_ANALYZE_TAKES = 8 * 60
_DEADLOCKS_A_DAY = 0.3


@dataclass(eq=False)
class Database:
    """Shape (n,) each. ``reachable`` is 1 or 0; times in seconds; ``deadlocks`` a second; ``oldest_attempt`` Unix time.

    ``live`` and ``dead`` have the rows of the tables that change most.
    """

    reachable: NDArray[np.float64]
    connections: dict[DatabaseConnectionState, NDArray[np.float64]]
    waiting: NDArray[np.float64]
    longest_query: NDArray[np.float64]
    longest_transaction: NDArray[np.float64]
    slowest_statement: NDArray[np.float64]
    deadlocks: NDArray[np.float64]
    lag: NDArray[np.float64]
    oldest_attempt: NDArray[np.float64]
    live: dict[DatabaseTable, NDArray[np.float64]]
    dead: dict[DatabaseTable, NDArray[np.float64]]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a server that has little to do, with its nightly work."""
        rng = setting.rng("database")
        timeline = setting.timeline
        longest = _longest_query(timeline, rng)
        live = {
            DatabaseTable.PAYMENTS: np.linspace(2.0e6, 2.3e6, timeline.size),
            DatabaseTable.PAYMENT_ATTEMPTS: np.full(timeline.size, 9.0e5),
        }
        retention = setting.settings.retention.payment_attempts.total_seconds()
        return cls(
            reachable=np.ones(timeline.size),
            connections=_connections(timeline, rng),
            waiting=rng.poisson(0.004, timeline.size).astype(np.float64),
            longest_query=longest,
            longest_transaction=longest + rng.exponential(0.5, timeline.size),
            slowest_statement=0.25 + np.abs(wander(rng, timeline, 0.06, 6 * HOUR)),
            deadlocks=np.full(timeline.size, _DEADLOCKS_A_DAY / DAY),
            lag=rng.exponential(0.8, timeline.size) + 15 * (rng.random(timeline.size) < 0.002),
            oldest_attempt=timeline.moments - since(timeline, DAY, DELETE_AT) - retention,
            live=live,
            dead={
                DatabaseTable.PAYMENTS: live[DatabaseTable.PAYMENTS] * (0.02 + 0.18 * sawtooth(timeline, 3 * DAY)),
                DatabaseTable.PAYMENT_ATTEMPTS: live[DatabaseTable.PAYMENT_ATTEMPTS]
                * (0.01 + 0.15 * sawtooth(timeline, 5 * DAY, DELETE_AT)),
            },
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter tells of the server, while it reaches it."""
        scrape = world.collectors.part(world, ExporterCollector.POSTGRES)
        deadlocks = world.setting.rng("deadlocks").poisson(self.deadlocks * world.setting.timeline.resolution)
        yield scrape.gauge(postgres.CONNECTIONS_LIMIT, np.full(self.lag.size, CONNECTIONS_LIMIT))
        for state, count in self.connections.items():
            yield scrape.gauge(postgres.CONNECTIONS, np.round(count), state=state.value)
        yield scrape.gauge(postgres.LOCKS_WAITING, np.round(self.waiting))
        yield scrape.gauge(postgres.LONGEST_QUERY, self.longest_query)
        yield scrape.gauge(postgres.LONGEST_TRANSACTION, self.longest_transaction)
        yield scrape.gauge(postgres.SLOWEST_STATEMENT, self.slowest_statement)
        yield scrape.counter(postgres.DEADLOCKS, deadlocks.astype(np.float64))
        yield scrape.gauge(postgres.REPLICATION_LAG, self.lag)
        yield scrape.gauge(postgres.OLDEST_ATTEMPT, self.oldest_attempt)
        for table, rows in self.live.items():
            yield scrape.gauge(postgres.TABLE_LIVE_ROWS, np.round(rows), table=table.value)
            yield scrape.gauge(postgres.TABLE_DEAD_ROWS, np.round(self.dead[table]), table=table.value)


def _connections(timeline: Timeline, rng: np.random.Generator) -> dict[DatabaseConnectionState, NDArray[np.float64]]:
    by_day = busy_hours(timeline)
    return {
        DatabaseConnectionState.ACTIVE: rng.poisson(1 + 4 * by_day).astype(np.float64),
        DatabaseConnectionState.IDLE: np.clip(14 + 6 * by_day + jitter(rng, timeline, 1.5), 3, None),
        DatabaseConnectionState.IDLE_IN_TRANSACTION: rng.poisson(0.3 + by_day).astype(np.float64),
    }


def _longest_query(timeline: Timeline, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return milliseconds by day, an occasional report of seconds, and the nightly update of statistics."""
    usual = rng.exponential(0.04, timeline.size)
    reports = rng.uniform(1, 12, timeline.size) * (rng.random(timeline.size) < 0.004)
    into = since(timeline, DAY, ANALYZE_AT)
    return np.asarray(np.where(into < _ANALYZE_TAKES, into % 40, usual + reports))
