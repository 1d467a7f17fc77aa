"""Incidents of the backups."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_catalog.backup_report import BACKUP_GLOB
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene

_SPEED = 60.0


def _backed_up(scene: Scene) -> None:
    scene.house.back_up()


@contextmanager
def _overdue(scene: Scene) -> Iterator[None]:
    """Make no backup."""
    try:
        yield
    finally:
        scene.house.back_up()


@contextmanager
def _corrupt(scene: Scene) -> Iterator[None]:
    """Change a byte in the middle of a backup, as a bad disk would, and have it verified."""
    house = scene.house
    directory = ("--directory", str(house.backups))
    house.run_service_command("backup", *directory)
    newest = max(house.backups.glob(BACKUP_GLOB))
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    newest.write_bytes(content)
    try:
        house.run_service_command("verify-backup", *directory, may_find=True)
        yield
    finally:
        newest.unlink()
        house.back_up()


DRILLS = (
    Drill(
        "backup-overdue",
        "No backup is made any more",
        IncidentKey.DATA_LOSS,
        _overdue,
        (Expected("BackupOverdue", Team.DATA_ISSUE, Priority.P2),),
        shows=(Shows("Newest backups", r"db_backup_"),),
        needs=frozenset({Need.SPEED}),
        hurried={"payment-backups": _SPEED},
        prepare=_backed_up,
    ),
    Drill(
        "backup-corrupt",
        "The newest backup cannot be restored",
        IncidentKey.DATA_LOSS,
        _corrupt,
        (Expected("BackupVerificationFailed", Team.DATA_ISSUE, Priority.P2),),
        shows=(Shows("Read why the last verification failed", r'"outcome": ?"failed"'),),
        hurried={"payment-backup-verification": _SPEED},
    ),
)
