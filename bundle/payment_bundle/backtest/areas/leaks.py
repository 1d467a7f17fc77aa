"""What a process holds: memory, tasks and open files. What leaks is gone with a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, HOUR, busy_hours, jitter, wander
from payment_catalog import external_metrics
from payment_catalog.external_metrics import PROCESS_METRICS
from payment_catalog.runtime_metrics import ASYNCIO_TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World
    from payment_catalog.metric import Metric

MIB = 2**20
MOST_FILES = 4096.0
#: Since when the processes run when the history begins.
_STARTED_BEFORE = 3 * DAY
#: What a process needs, the service and the exporter.
SERVICE, EXPORTER = 0, 1
_MEMORY, _FILES = (180 * MIB, 70 * MIB), (60.0, 25.0)
#: A process has filled its caches after some such times.
_WARM_UP = HOUR
#: Share of its memory that a process that was just started does not hold yet.
_COLD = 0.35
#: Seconds between two runs of the garbage collector's last generation, and what they free.
_COLLECTED_EVERY, _GARBAGE = 420, 9 * MIB


@dataclass(eq=False)
class Leaks:
    """Of the first service and the exporter (2, n): ``memory`` in bytes and open ``files``; ``tasks`` of the service.

    They are those of a process that runs for long; NaN where a page does not tell.
    """

    memory: NDArray[np.float64]
    files: NDArray[np.float64]
    tasks: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return processes that need more by day, and whose garbage is collected."""
        rng = setting.rng("leaks")
        timeline = setting.timeline
        by_day = busy_hours(timeline)
        memory, files = [], []
        for base, open_files in zip(_MEMORY, _FILES, strict=True):
            garbage = _GARBAGE * ((timeline.moments + int(rng.integers(HOUR))) % _COLLECTED_EVERY) / _COLLECTED_EVERY
            drift = wander(rng, timeline, 0.01 * base, 6 * HOUR)
            memory.append(base * (1 + 0.06 * by_day) + garbage + drift + jitter(rng, timeline, MIB / 2))
            files.append(open_files * (1 + 0.3 * by_day) + jitter(rng, timeline, 0.04 * open_files))
        tasks = 14 + 8 * by_day + rng.poisson(1 + 3 * by_day)
        return cls(np.stack(memory), np.stack(files), tasks)

    def publish(self, world: World) -> Iterator[Series]:
        """Return the figures of both processes."""
        timeline = world.setting.timeline
        service = world.flow.service(world.setting)[0]
        exporter = world.flow.exporter(world.setting)
        for process, scrape, began in (
            (SERVICE, service, service.restarted),
            (EXPORTER, exporter, _comes_back(exporter.up)),
        ):
            started = np.maximum.accumulate(np.where(began, timeline.moments, timeline.start - _STARTED_BEFORE))
            warm = 1 - _COLD * np.exp((started - timeline.moments) / _WARM_UP)
            yield scrape.gauge(_metric(external_metrics.RESIDENT_MEMORY), np.round(self.memory[process] * warm))
            yield scrape.gauge(_metric(external_metrics.OPEN_FILES), np.round(self.files[process]))
            yield scrape.gauge(_metric(external_metrics.MOST_OPEN_FILES), np.full(timeline.size, MOST_FILES))
            yield scrape.gauge(_metric(external_metrics.START_TIME), started.astype(np.float64))
        yield service.gauge(ASYNCIO_TASKS, np.round(self.tasks))


def _comes_back(up: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (up > 0) & (np.concatenate((up[:1], up[:-1])) < 1)


def _metric(name: str) -> Metric:
    return next(metric for metric in PROCESS_METRICS if metric.name == name)
