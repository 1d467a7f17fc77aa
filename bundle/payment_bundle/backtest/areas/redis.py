"""The cache as it reports on itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import HOUR, busy_hours, jitter, sawtooth
from payment_catalog.exporter_metrics import redis
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

MEMORY_MAX = 512 * 2**20


@dataclass(eq=False)
class Redis:
    """Shape (n,) each: ``reachable`` 1 or 0, ``used`` share of its memory, connections ``rejected`` a second."""

    reachable: NDArray[np.float64]
    used: NDArray[np.float64]
    rejected: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a cache that fills by day, and whose keys expire."""
        rng = setting.rng("redis")
        timeline = setting.timeline
        used = 0.25 + 0.15 * busy_hours(timeline) + 0.05 * sawtooth(timeline, HOUR) + jitter(rng, timeline, 0.004)
        return cls(np.ones(timeline.size), used, np.zeros(timeline.size))

    def publish(self, world: World) -> Iterator[Series]:
        """Return memory and refused connections, while the exporter reaches it."""
        scrape = world.collectors.part(world, ExporterCollector.REDIS)
        rejected = world.setting.rng("rejected").poisson(self.rejected * world.setting.timeline.resolution)
        yield scrape.gauge(redis.MEMORY_MAX, np.full(self.used.size, float(MEMORY_MAX)))
        yield scrape.gauge(redis.MEMORY_USED, np.round(np.clip(self.used, 0, 1) * MEMORY_MAX))
        yield scrape.counter(redis.REJECTED_CONNECTIONS, rejected.astype(np.float64))
