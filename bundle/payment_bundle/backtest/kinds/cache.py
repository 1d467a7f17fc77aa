"""Redis fills up, refuses connections, or is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import rising, setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def filled(share: float) -> Strike:
    """Return keys that do not expire, until that ``share`` of the memory is used."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        risen = rising(world, when, 20 * _MINUTE)
        used = world.redis.used
        used[when] += np.maximum(share + rng.normal(0, 0.005, risen.size) - used[when], 0) * risen

    return strike


def refused(per_second: float, unchecked: float) -> Strike:
    """Return connections above what Redis accepts; the limiter does without it for the share ``unchecked``."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng, 2 * _MINUTE)
        world.redis.rejected[when] += per_second * force
        world.flow.limiter_down[when] = (unchecked * force).clip(0, 1)

    return strike


def down(world: World, when: slice, rng: np.random.Generator) -> None:
    """Take Redis away: the limiter decides without it."""
    del rng
    world.redis.reachable[when] = 0
    world.flow.limiter_down[when] = 1


_MEMORY = Kind(
    "redis-memory",
    "Redis has nearly used its memory",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"RedisMemoryNearLimit"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, filled(0.8)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, filled(0.96)),
    },
)
_REJECTS = Kind(
    "redis-rejects",
    "Redis refuses connections",
    IncidentKey.HIGH_ERROR_RATE,
    frozenset({"RedisRejectsConnections", "RateLimiterWithoutStorage"}),
    {
        Strength.NOTICEABLE: Level(Priority.P2, 30 * _MINUTE, refused(0.03, 0)),
        Strength.SEVERE: Level(Priority.P2, _HOUR, refused(5, 0.4)),
    },
)
_DOWN = Kind(
    "redis-down",
    "Redis does not answer",
    IncidentKey.DDOS_ATTACK,
    frozenset({"RateLimiterWithoutStorage", "ExporterCollectorFails"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, down, hours=Hours.QUIET),
        Strength.SEVERE: Level(Priority.P2, _HOUR, down),
    },
)

KINDS = (_MEMORY, _REJECTS, _DOWN)
