"""What is tried before it is needed: restoring a backup, and failing over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from payment_bundle.backtest.areas.noise import DAY, HOUR, newest
from payment_catalog.exporter_metrics import backup, failover
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from payment_bundle.backtest.series import Series
    from payment_bundle.backtest.setting import Setting
    from payment_bundle.backtest.world import World

#: A backup is verified each night; a restore of 25 minutes takes longer as the database grows.
_VERIFIED_AT = 5 * HOUR
_RESTORE, _GROWTH = 25 * 60.0, 0.03
#: The runbook's failover test is monthly: on a Tuesday, every four weeks.
_FAILOVER_EVERY, _FAILOVER_AT = 28 * DAY, DAY + 14 * HOUR


@dataclass(eq=False)
class Rehearsals:
    """Shape (n,): Unix times at which a backup was last ``verified``, a failover ``tried`` and ``passed``.

    ``restorable`` and ``passes`` say whether the last one succeeded (1 or 0), ``restore`` how many seconds the restore
    took. NaN where no report tells.
    """

    verified: NDArray[np.float64]
    restorable: NDArray[np.float64]
    restore: NDArray[np.float64]
    tried: NDArray[np.float64]
    passed: NDArray[np.float64]
    passes: NDArray[np.float64]

    @classmethod
    def healthy(cls, setting: Setting) -> Self:
        """Return a verification each night and a failover test every four weeks, which all succeed."""
        rng, timeline = setting.rng("rehearsals"), setting.timeline
        nights = np.arange(timeline.start - DAY, timeline.end, DAY) + _VERIFIED_AT
        takes = _RESTORE * (1 + _GROWTH * (nights - timeline.start) / (7 * DAY)) * rng.normal(1, 0.05, nights.size)
        night = newest(nights + takes, timeline)
        tests = np.arange(timeline.start - _FAILOVER_EVERY, timeline.end, _FAILOVER_EVERY, dtype=np.float64)
        test = (tests + _FAILOVER_AT)[newest(tests + _FAILOVER_AT, timeline)]
        return cls(
            verified=(nights + takes)[night],
            restorable=np.ones(timeline.size),
            restore=takes[night],
            tried=test,
            passed=test.copy(),
            passes=np.ones(timeline.size),
        )

    def publish(self, world: World) -> Iterator[Series]:
        """Return what the reports beside the backups tell."""
        scrape = world.collectors.part(world, ExporterCollector.BACKUP)
        objective = world.setting.settings.recovery.time_objective.total_seconds()
        yield scrape.gauge(backup.VERIFICATION_TIMESTAMP, self.verified)
        yield scrape.gauge(backup.VERIFICATION_SUCCESS, self.restorable)
        yield scrape.gauge(backup.RESTORE_DURATION, self.restore)
        yield scrape.gauge(backup.RECOVERY_TIME_OBJECTIVE, np.full(self.restore.size, objective))
        yield scrape.gauge(failover.LAST_TIMESTAMP, self.tried)
        yield scrape.gauge(failover.LAST_SUCCESS_TIMESTAMP, self.passed)
        yield scrape.gauge(failover.LAST_SUCCESS, self.passes)
