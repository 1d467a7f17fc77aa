"""Backups are not made, fail, or are not what they should be."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.areas.backups import RUNS_WITHIN_RPO
from payment_bundle.backtest.kinds.kind import Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import once_every, stand_still, steps
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def stopped(world: World, when: slice, rng: np.random.Generator) -> None:
    """Make no backup: the newest one is as old as the RPO when it begins."""
    del rng
    stand_still(world, when, world.backups.last, world.setting.settings.recovery.point_objective)


def fails(runs: int) -> Strike:
    """Return so many runs in a row that fail, and then one that does not, again and again."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        del rng
        every = world.setting.settings.recovery.point_objective / RUNS_WITHIN_RPO
        backups, moments = world.backups, world.setting.timeline.moments
        for first in once_every(world, when, (runs + 1) * every):
            span = slice(first, min(first + steps(world, runs * every), when.stop))
            backups.succeeded[span] = 0
            backups.last[span] = np.minimum(backups.last[span], moments[first] - 30)

    return strike


def small(share: float) -> Strike:
    """Return backups of that ``share`` of their usual size."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.backups.size[when] *= share * rng.normal(1, 0.001)

    return strike


def unmounted(world: World, when: slice, rng: np.random.Generator) -> None:
    """Leave the directory empty."""
    del rng
    backups = world.backups
    backups.files[when] = 0
    for told in (backups.last, backups.size, backups.succeeded):
        told[when] = np.nan


_OVERDUE = Kind(
    "backup-overdue",
    "The newest backup is older than the RPO",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupOverdue", "BackupFailed"}),
    {
        Strength.SLIGHT: Level(None, _MINUTE, stopped),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, stopped),
        Strength.SEVERE: Level(Priority.P2, 4 * _HOUR, stopped),
    },
)
_FAILED = Kind(
    "backup-failed",
    "Runs of the backup fail",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupFailed", "BackupOverdue"}),
    {
        Strength.SLIGHT: Level(None, 5 * _MINUTE, fails(1)),
        Strength.NOTICEABLE: Level(Priority.P3, 2 * _HOUR, fails(1)),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, fails(RUNS_WITHIN_RPO + 2)),
    },
)
_SMALL = Kind(
    "backup-small",
    "Backups are much smaller than before",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupSuspiciouslySmall"}),
    {
        Strength.SLIGHT: Level(None, 2 * _HOUR, small(0.8)),
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, small(0.35)),
        Strength.SEVERE: Level(Priority.P2, 4 * _HOUR, small(0.0001)),
    },
    after=timedelta(days=1),
)
_MISSING = Kind(
    "backup-missing",
    "The backup directory is empty",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupMissing", "BackupOverdue"}),
    {
        Strength.SLIGHT: Level(None, 2 * _MINUTE, unmounted),
        Strength.SEVERE: Level(Priority.P2, 2 * _HOUR, unmounted),
    },
)

KINDS = (_OVERDUE, _FAILED, _SMALL, _MISSING)
