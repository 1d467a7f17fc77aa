"""A process takes more and more: memory, tasks, open files. A restart ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.kubernetes import MEMORY_LIMIT
from payment_bundle.backtest.areas.leaks import MIB, MOST_FILES, SERVICE
from payment_bundle.backtest.kinds.kind import Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import seconds_into
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)


def _restart_at_end(world: World, when: slice) -> None:
    world.flow.up[0, when.stop - 1] = 0


def memory(bytes_an_hour: float) -> Strike:
    """Return a leak in the first instance; its container takes no more than its limit."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        leaked = np.cumsum(rng.exponential(1, when.stop - when.start))
        leaked *= bytes_an_hour * seconds_into(world, when)[-1] / 3600 / leaked[-1]
        held = world.leaks.memory[SERVICE]
        held[when] = np.minimum(held[when] + leaked, 0.97 * MEMORY_LIMIT)
        _restart_at_end(world, when)

    return strike


def tasks(per_hour: float) -> Strike:
    """Return tasks of the first instance that never end, each of which holds some memory."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        seconds = world.setting.timeline.resolution
        leaked = np.cumsum(rng.poisson(per_hour / 3600 * seconds, when.stop - when.start))
        world.leaks.tasks[when] += leaked
        world.leaks.memory[SERVICE, when] += leaked * MIB / 50
        _restart_at_end(world, when)

    return strike


def files(per_hour: float) -> Strike:
    """Return files or sockets of the first instance that are not closed, until it may open no more."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        seconds = world.setting.timeline.resolution
        leaked = np.cumsum(rng.poisson(per_hour / 3600 * seconds, when.stop - when.start))
        opened = world.leaks.files[SERVICE]
        opened[when] = np.minimum(opened[when] + leaked, 0.97 * MOST_FILES)
        _restart_at_end(world, when)

    return strike


_MEMORY = Kind(
    "memory-leak",
    "A process leaks memory",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"MemoryLeak", "ContainerMemoryNearLimit"}),
    {
        Strength.SLIGHT: Level(None, 8 * _HOUR, memory(0.2 * MIB)),
        Strength.NOTICEABLE: Level(Priority.P3, 36 * _HOUR, memory(6 * MIB)),
        Strength.SEVERE: Level(Priority.P3, 10 * _HOUR, memory(70 * MIB)),
    },
    after=timedelta(days=2),
)
_TASKS = Kind(
    "task-leak",
    "Tasks never end",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"AsyncioTaskLeak", "MemoryLeak"}),
    {
        Strength.SLIGHT: Level(None, 8 * _HOUR, tasks(0.2)),
        Strength.NOTICEABLE: Level(Priority.P3, 24 * _HOUR, tasks(12)),
    },
    after=timedelta(days=2),
)
_FILES = Kind(
    "file-leak",
    "Files and sockets are not closed",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"FileDescriptorLeak", "FileDescriptorsNearLimit"}),
    {
        Strength.SLIGHT: Level(None, 8 * _HOUR, files(0.5)),
        Strength.NOTICEABLE: Level(Priority.P3, 24 * _HOUR, files(25)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, files(6500)),
    },
    after=timedelta(days=2),
)

KINDS = (_MEMORY, _TASKS, _FILES)
