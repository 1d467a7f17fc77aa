"""Incidents of the disk: of a small file system in memory, never of the machine's own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.disk import DISK_BYTES
from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene

_FILLED = 0.9


@contextmanager
def _fills(scene: Scene) -> Iterator[None]:
    file = scene.disk / "core"
    file.write_bytes(b"\0" * int(DISK_BYTES * _FILLED))
    try:
        yield
    finally:
        file.unlink()


DRILLS = (
    Drill(
        "disk-filling",
        "Nine tenths of the disk are full, and it goes on",
        IncidentKey.SERVICE_UNAVAILABLE,
        _fills,
        (Expected("DiskUsageHigh", Team.SERVICE_OUTAGE, Priority.P2),),
        frozenset({"DiskFullWithinADay", "DiskFullWithinHours"}),
        (Shows("Check disks", r"9\d% \S*/disk"),),
        needs=frozenset({Need.DISK}),
    ),
)
