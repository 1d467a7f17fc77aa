"""Incidents of the service's own process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, SLOWNESS
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene


@contextmanager
def _killed(scene: Scene) -> Iterator[None]:
    house = scene.house
    house.kill("service")
    try:
        yield
    finally:
        house.restart("service", f"{house.caller.url}/ready")


DRILLS = (
    Drill(
        "process-killed",
        "The service's only process is killed, and nothing starts it again",
        IncidentKey.SERVICE_UNAVAILABLE,
        _killed,
        (Expected("PaymentServiceDown", Team.SERVICE_OUTAGE, Priority.P0),),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | {"ServiceUnreachable"},
        (Shows("Check health", r"refused|Failed to connect|Couldn't connect"),),
    ),
)
