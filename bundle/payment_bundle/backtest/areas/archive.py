"""The nightly job that archives old log files, as its report and Kubernetes tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, HOUR, newest
from payment_bundle.backtest.scrape import Scrape
from payment_catalog import kubernetes_metrics as kubernetes
from payment_catalog.exporter_metrics import archive
from payment_catalog.log_archive import job_name
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: A run is over by then.
_OVER_AT = 3.5 * HOUR
_AGE = 90 * DAY


@dataclass(eq=False)
class Archive:
    """Unix times at which a run last archived every old file, shape (n,)."""

    complete: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a run each night that leaves nothing behind."""
        timeline = setting.timeline
        nights = np.arange(timeline.start - DAY, timeline.end, DAY).astype(np.float64) + _OVER_AT
        return cls(nights[newest(nights, timeline)])

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the exporter reads in the report, and what Kubernetes knows of the job."""
        setting = world.setting
        scrape = world.collectors.part(world, ExporterCollector.ARCHIVE)
        yield scrape.gauge(archive.REPORT_READABLE, np.ones(self.complete.size))
        yield scrape.gauge(archive.LAST_SUCCESS, self.complete)
        states = Scrape(
            setting.kube_state_metrics, world.kubernetes.states_up, np.zeros(self.complete.size, dtype=np.bool_)
        )
        made = np.full(self.complete.size, setting.timeline.start - _AGE)
        job = {"cronjob": job_name(setting.settings)}
        yield states.gauge(kubernetes.CRON_JOB_CREATED, made, **job)
        yield states.gauge(kubernetes.CRON_JOB_LAST_SUCCESS, self.complete, **job)
