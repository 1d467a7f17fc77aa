"""The host's processors, memory and disks run short."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.host import BACKUPS, DATA, ROOT
from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import rising, setting_in
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_LATENCY = frozenset({"latency"})
_SLOW = frozenset({"ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"})


def busy(share: float, delay: float = 1) -> Strike:
    """Return processors that are busy for that ``share`` of the time."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        force = setting_in(world, when, rng, 5 * _MINUTE, 0.03)
        usual = world.host.busy[when]
        world.host.busy[when] = np.maximum(usual, share * force)
        world.flow.delay[when] *= 1 + (delay - 1) * force

    return strike


def used(share: float, over: timedelta, delay: float = 1) -> Strike:
    """Return a program that takes memory until that ``share`` is used."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        risen = rising(world, when, over)
        memory = world.host.memory
        memory[when] += np.maximum(share + rng.normal(0, 0.004, risen.size) - memory[when], 0) * risen
        world.flow.delay[when] *= 1 + (delay - 1) * (risen >= 1)

    return strike


def filling(mountpoint: str, share: float, over: timedelta) -> Strike:
    """Return a disk that fills evenly to that ``share`` and is cleaned when it ends."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        risen = rising(world, when, over)
        disk = world.host.disks[mountpoint]
        disk[when] += (share - disk[when.start]) * risen + rng.normal(0, 0.0005, risen.size)

    return strike


_CPU = Kind(
    "cpu-high",
    "The processors are busy",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"CpuUsageHigh"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, busy(0.62)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, busy(0.82)),
        Strength.SEVERE: Level(
            Priority.P2,
            _HOUR,
            busy(0.98, 4),
            spends=_LATENCY,
            hours=Hours.BUSY,
            alerts=_SLOW | {"CpuUsageHigh"},
        ),
    },
)
_MEMORY = Kind(
    "memory-high",
    "The host's memory is used up",
    IncidentKey.PERFORMANCE_DEGRADATION,
    frozenset({"MemoryUsageHigh"}),
    {
        Strength.SLIGHT: Level(None, _HOUR, used(0.75, 20 * _MINUTE)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, used(0.87, 30 * _MINUTE)),
        Strength.SEVERE: Level(
            Priority.P2,
            _HOUR,
            used(0.98, 10 * _MINUTE, 4),
            spends=_LATENCY,
            hours=Hours.BUSY,
            alerts=_SLOW | {"MemoryUsageHigh"},
        ),
    },
)
_DISK = Kind(
    "disk-filling",
    "A disk fills",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"DiskUsageHigh", "DiskFullWithinADay", "DiskFullWithinHours"}),
    {
        Strength.SLIGHT: Level(None, 6 * _HOUR, filling(BACKUPS, 0.58, 6 * _HOUR)),
        Strength.NOTICEABLE: Level(Priority.P2, 24 * _HOUR, filling(DATA, 0.93, 22 * _HOUR)),
        Strength.SEVERE: Level(Priority.P2, 5 * _HOUR, filling(ROOT, 0.99, 5 * _HOUR)),
    },
)

KINDS = (_CPU, _MEMORY, _DISK)
