"""The database works, but slowly, or does not clean up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import rising, seconds_into, setting_in, stand_still
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority
from payment_catalog.vocabulary import DatabaseTable

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LATENCY = frozenset({"latency"})


def slow(mean: float, delay: float = 1) -> Strike:
    """Return a statement whose plan has become bad: its mean goes up to that many seconds, as more calls count."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        statements = world.database.slowest_statement
        risen = rising(world, when, 20 * _MINUTE)
        statements[when] = np.maximum(statements[when], mean * risen * rng.normal(1, 0.02, risen.size))
        world.flow.delay[when] *= 1 + (delay - 1) * setting_in(world, when, rng, 5 * _MINUTE)

    return strike


def runs_long(longest: timedelta) -> Strike:
    """Return statements of which each runs for that long, one after the other."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        age = seconds_into(world, when) % longest.total_seconds()
        database = world.database
        database.longest_query[when] = np.maximum(database.longest_query[when], age)
        database.longest_transaction[when] = np.maximum(database.longest_transaction[when], age)

    return strike


def left_open(world: World, when: slice, rng: np.random.Generator) -> None:
    """Leave a transaction open and idle."""
    del rng
    transactions = world.database.longest_transaction
    transactions[when] = np.maximum(transactions[when], seconds_into(world, when))


def behind(seconds: float, over: timedelta) -> Strike:
    """Return a standby that falls behind by that many seconds and stays so."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.database.lag[when] += seconds * setting_in(world, when, rng, over, 0.03)

    return strike


def dead(share: float) -> Strike:
    """Return dead rows, as a share of the live ones, that no vacuum removes."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        rows = world.database.dead[DatabaseTable.PAYMENTS]
        live = world.database.live[DatabaseTable.PAYMENTS]
        grown = np.linspace(0.9, 1.1, when.stop - when.start) * share
        rows[when] = np.maximum(rows[when], grown * live[when])

    return strike


def not_deleted(overdue: timedelta) -> Strike:
    """Return old payment attempts that should have been deleted so long ago."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        kept = world.setting.settings.retention.payment_attempts + overdue
        stand_still(world, when, world.database.oldest_attempt, kept)

    return strike


_SLOW = Kind(
    "slow-statement",
    "A statement is slow by a bad plan",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"SlowStatement", "ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, slow(0.7)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, slow(1.7)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, slow(4, 4), spends=_LATENCY, hours=Hours.BUSY),
    },
)
_LONG_QUERY = Kind(
    "long-query",
    "A report runs for minutes on the payment database",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"LongRunningQuery", "LongTransaction"}),
    {
        Strength.SLIGHT: Level(None, 10 * _MINUTE, runs_long(timedelta(seconds=50))),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, runs_long(_HOUR), hours=Hours.OFFICE),
    },
)
_LONG_TRANSACTION = Kind(
    "long-transaction",
    "A transaction was left open",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"LongTransaction"}),
    {
        Strength.SLIGHT: Level(None, 8 * _MINUTE, left_open),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, left_open),
    },
)
_LAG = Kind(
    "replication-lag",
    "The standby falls behind",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"ReplicationLagHigh"}),
    {
        Strength.SLIGHT: Level(None, 20 * _MINUTE, behind(90, 5 * _MINUTE)),
        Strength.NOTICEABLE: Level(Priority.P3, _HOUR, behind(600, 15 * _MINUTE)),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, behind(9000, 3 * _HOUR)),
    },
)
_VACUUM = Kind(
    "vacuum-behind",
    "Dead rows are not vacuumed",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"TableNeedsVacuum"}),
    {
        Strength.SLIGHT: Level(None, 3 * _HOUR, dead(0.3)),
        Strength.NOTICEABLE: Level(Priority.P3, 4 * _HOUR, dead(0.65)),
    },
)
_RETENTION = Kind(
    "retention-overdue",
    "Old payment attempts are not deleted",
    IncidentKey.DATA_LOSS,
    frozenset({"PaymentAttemptsRetentionOverdue"}),
    {
        Strength.SLIGHT: Level(None, 3 * _HOUR, not_deleted(2 * _DAY)),
        Strength.NOTICEABLE: Level(Priority.P3, 5 * _HOUR, not_deleted(7 * _DAY)),
    },
)

KINDS = (_SLOW, _LONG_QUERY, _LONG_TRANSACTION, _LAG, _VACUUM, _RETENTION)
