"""A restore or a failover that was tried did not work, took too long, or was not tried for long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from payment_bundle.backtest.kinds.kind import Hours, Kind, Level, Strike
from payment_bundle.backtest.kinds.onset import out_of_date
from payment_bundle.backtest.occurrence import Strength
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from payment_bundle.backtest.world import World

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def not_verified(age: timedelta) -> Strike:
    """Return a last verification that is so old."""
    return out_of_date(age, lambda world: world.rehearsals.verified)


def not_restorable(world: World, when: slice, rng: np.random.Generator) -> None:
    """Let the verification that ends now find that the backup cannot be restored."""
    del rng
    world.rehearsals.restorable[when] = 0
    world.rehearsals.restore[when] = np.nan
    world.rehearsals.verified[when] = world.setting.timeline.moments[when.start]


def restored_in(hours: float) -> Strike:
    """Return a restore that took so long."""

    def strike(world: World, when: slice, rng: np.random.Generator) -> None:
        world.rehearsals.restore[when] = hours * 3600 * rng.normal(1, 0.01)
        world.rehearsals.verified[when] = world.setting.timeline.moments[when.start]

    return strike


def not_tried(age: timedelta) -> Strike:
    """Return a last failover test that is so old."""
    return out_of_date(age, lambda world: world.rehearsals.tried, lambda world: world.rehearsals.passed)


def failover_fails(world: World, when: slice, rng: np.random.Generator) -> None:
    """Record a failover test that did not pass; until it begins, the last one that passed stays."""
    del rng
    rehearsals = world.rehearsals
    rehearsals.passes[when] = 0
    rehearsals.tried[when] = world.setting.timeline.moments[when.start]
    rehearsals.passed[when] = rehearsals.passed[when.start]


_VERIFICATION_FAILED = Kind(
    "verification-failed",
    "The backup that was verified cannot be restored",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupVerificationFailed"}),
    {
        Strength.NOTICEABLE: Level(Priority.P2, _HOUR, not_restorable),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, not_restorable),
    },
)
_VERIFICATION_OVERDUE = Kind(
    "verification-overdue",
    "No backup was verified for more than a week",
    IncidentKey.DATA_LOSS,
    frozenset({"BackupVerificationOverdue"}),
    {
        Strength.SLIGHT: Level(None, 3 * _HOUR, not_verified(3 * _DAY)),
        Strength.NOTICEABLE: Level(Priority.P3, 5 * _HOUR, not_verified(8 * _DAY)),
    },
)
_RESTORE = Kind(
    "restore-slow",
    "Restoring a backup takes longer than the RTO",
    IncidentKey.DATA_LOSS,
    frozenset({"RestoreSlowerThanRTO"}),
    {
        Strength.SLIGHT: Level(None, 3 * _HOUR, restored_in(3)),
        Strength.NOTICEABLE: Level(Priority.P2, 3 * _HOUR, restored_in(4.4)),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, restored_in(9)),
    },
)
_FAILOVER_OVERDUE = Kind(
    "failover-overdue",
    "The monthly failover test was left out",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"FailoverTestOverdue"}),
    {
        Strength.SLIGHT: Level(None, 3 * _HOUR, not_tried(32 * _DAY)),
        Strength.NOTICEABLE: Level(Priority.P3, 5 * _HOUR, not_tried(38 * _DAY)),
    },
)
_FAILOVER_FAILED = Kind(
    "failover-failed",
    "The failover test did not pass",
    IncidentKey.SERVICE_UNAVAILABLE,
    frozenset({"FailoverTestFailed"}),
    {
        Strength.SLIGHT: Level(None, timedelta(minutes=4), failover_fails, hours=Hours.OFFICE),
        Strength.SEVERE: Level(Priority.P2, 3 * _HOUR, failover_fails, hours=Hours.OFFICE),
    },
)

KINDS = (_VERIFICATION_FAILED, _VERIFICATION_OVERDUE, _RESTORE, _FAILOVER_OVERDUE, _FAILOVER_FAILED)
