"""Backups of the database, as their directory shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, newest
from payment_catalog.exporter_metrics import backup
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: Three runs within the runbook's RPO, so that two may fail.
RUNS_WITHIN_RPO = 3
_TAKES = (20.0, 50.0)
_SIZE, _GROWTH = 180 * 2**20, 0.03


@dataclass(eq=False)
class Backups:
    """Shape (n,): Unix time of the ``last`` one, its ``size`` in bytes, ``files`` there, and ``succeeded`` 1 or 0.

    NaN where the directory tells nothing.
    """

    last: NDArray[np.float64]
    size: NDArray[np.float64]
    files: NDArray[np.float64]
    succeeded: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a directory that gets a backup every third of the RPO and keeps those of a day."""
        rng, timeline = setting.rng("backups"), setting.timeline
        every = setting.settings.recovery.point_objective.total_seconds() / RUNS_WITHIN_RPO
        begun = np.arange(timeline.start - every, timeline.end, every)
        done = begun + rng.uniform(*_TAKES, begun.size)
        size = _SIZE * (1 + _GROWTH * (begun - timeline.start) / (7 * DAY)) * rng.normal(1, 0.002, begun.size)
        latest = newest(done, timeline)
        return cls(
            done[latest], np.round(size[latest]), np.full(timeline.size, round(DAY / every)), np.ones(timeline.size)
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter finds in the directory."""
        scrape = world.collectors.part(world, ExporterCollector.BACKUP)
        yield scrape.gauge(backup.LAST_TIMESTAMP, self.last)
        yield scrape.gauge(backup.LAST_SIZE, self.size)
        yield scrape.gauge(backup.FILES, self.files)
        yield scrape.gauge(backup.LAST_RUN_SUCCESS, self.succeeded)
