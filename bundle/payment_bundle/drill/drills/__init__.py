"""The drills, by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.drill.drills import database, gateway, processes, security

if TYPE_CHECKING:
    from payment_bundle.drill.drill import Drill

DRILLS: tuple[Drill, ...] = (*gateway.DRILLS, *database.DRILLS, *processes.DRILLS, *security.DRILLS)
