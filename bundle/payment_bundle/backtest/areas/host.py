"""The host that the exporter watches: processors, memory, disks and network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, HOUR, busy_hours, jitter, sawtooth, wander
from payment_catalog.exporter_metrics import host
from payment_catalog.vocabulary import CpuMode, ExporterCollector, NetworkDirection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.timeline import Timeline
    from payment_bundle.backtest.world import World

CORES = 8
MEMORY = 32 * 2**30
#: Bytes of each file system: the system with its logs, the database, and its backups.
ROOT, DATA, BACKUPS = "/", "/var/lib/postgresql", "/backups"
DISKS = {ROOT: 100 * 2**30, DATA: 500 * 2**30, BACKUPS: 200 * 2**30}
_INTERFACE = "eth0"


@dataclass(eq=False)
class Host:
    """Shares from 0 to 1, shape (n,): ``busy`` of the processors, ``waiting`` for disks, ``memory``, ``disks``.

    ``traffic`` is in bytes a second.
    """

    busy: NDArray[np.float64]
    waiting: NDArray[np.float64]
    memory: NDArray[np.float64]
    disks: dict[str, NDArray[np.float64]]
    traffic: dict[NetworkDirection, NDArray[np.float64]]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a host that works by day, rotates its logs on Sundays and prunes its backups each night."""
        rng = setting.rng("host")
        timeline = setting.timeline
        by_day = busy_hours(timeline)
        bytes_a_second = 2e5 + 1.5e6 * by_day
        return cls(
            busy=0.16 + 0.24 * by_day + wander(rng, timeline, 0.03, HOUR // 2) + jitter(rng, timeline, 0.03),
            waiting=rng.exponential(0.01, timeline.size),
            memory=0.52 + 0.06 * by_day + wander(rng, timeline, 0.015) + jitter(rng, timeline, 0.003),
            disks=_disks(timeline, rng),
            traffic={
                NetworkDirection.RECEIVE: bytes_a_second * rng.uniform(0.8, 1.2, timeline.size),
                NetworkDirection.TRANSMIT: 1.7 * bytes_a_second * rng.uniform(0.8, 1.2, timeline.size),
            },
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter's collector of the host tells."""
        scrape = world.collectors.part(world, ExporterCollector.HOST)
        seconds = world.setting.timeline.resolution
        busy = np.clip(self.busy, 0.01, 0.99)
        waiting = np.clip(self.waiting, 0, 1 - busy)
        for mode, share in (
            (CpuMode.USER, busy),
            (CpuMode.IOWAIT, waiting),
            (CpuMode.IDLE, 1 - busy - waiting),
        ):
            yield scrape.counter(host.CPU, share * CORES * seconds, mode=mode.value)
        yield scrape.gauge(host.MEMORY_TOTAL, np.full(self.memory.size, float(MEMORY)))
        yield scrape.gauge(host.MEMORY_AVAILABLE, np.round((1 - np.clip(self.memory, 0, 0.995)) * MEMORY))
        for mountpoint, used in self.disks.items():
            size = DISKS[mountpoint]
            yield scrape.gauge(host.DISK_SIZE, np.full(used.size, float(size)), mountpoint=mountpoint)
            yield scrape.gauge(host.DISK_AVAILABLE, np.round((1 - np.clip(used, 0, 1)) * size), mountpoint=mountpoint)
        for direction, pace in self.traffic.items():
            yield scrape.counter(host.NETWORK, np.round(pace * seconds), device=_INTERFACE, direction=direction.value)


def _disks(timeline: Timeline, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    rotated = 6 * DAY + 3 * HOUR
    grown = (timeline.moments - timeline.start) / (7 * DAY)
    return {
        ROOT: 0.34 + 0.2 * sawtooth(timeline, 7 * DAY, timeline.start + rotated) + wander(rng, timeline, 0.002),
        DATA: 0.4 + 0.008 * grown + wander(rng, timeline, 0.001),
        BACKUPS: 0.48 + 0.07 * sawtooth(timeline, DAY, 4 * HOUR) + wander(rng, timeline, 0.002),
    }
