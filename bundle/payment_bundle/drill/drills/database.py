"""Incidents of the database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, SLOWNESS
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene


@contextmanager
def _down(scene: Scene) -> Iterator[None]:
    scene.postgres.stop()
    try:
        yield
    finally:
        scene.postgres.start()


DRILLS = (
    Drill(
        "database-down",
        "The database server has crashed",
        IncidentKey.SERVICE_UNAVAILABLE,
        _down,
        (Expected("ServiceNotReady", Team.SERVICE_OUTAGE, Priority.P1),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ExporterCollectorFails"},
        (
            Shows("Check readiness", r'"database":\s*\{"up":\s*false|503|not ready'),
            Shows("Check logs for errors", r"(?i)database|connection refused"),
        ),
        needs=frozenset({Need.POSTGRES}),
    ),
)
