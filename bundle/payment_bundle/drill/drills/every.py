"""Every drill, in the order in which they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.drill.drills import backups, cache, database, disks, gateway, processes, security, traffic

if TYPE_CHECKING:
    from payment_bundle.drill.drill import Drill

DRILLS: tuple[Drill, ...] = (
    *gateway.DRILLS,
    *database.DRILLS,
    *cache.DRILLS,
    *processes.DRILLS,
    *traffic.DRILLS,
    *security.DRILLS,
    *backups.DRILLS,
    *disks.DRILLS,
)
