"""Incidents of the gateway."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, OPEN_OPERATIONS, SLOWNESS
from payment_catalog.escalation import Team
from payment_catalog.incidents import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene


@contextmanager
def _down(scene: Scene) -> Iterator[None]:
    house = scene.house
    house.kill("gateway")
    try:
        yield
    finally:
        house.restart("gateway", f"{house.gateway_url}/health")


DRILLS = (
    Drill(
        "gateway-down",
        "Nothing answers at the gateway's address; the circuit breaker opens",
        IncidentKey.HIGH_ERROR_RATE,
        _down,
        (
            Expected("CircuitBreakerOpen", Team.SERVICE_OUTAGE, Priority.P1),
            Expected("GatewayUnreachable", Team.SERVICE_OUTAGE, Priority.P2),
        ),
        ERRORS | FAILED_PAYMENTS | SLOWNESS | OPEN_OPERATIONS,
        (
            Shows("Check the circuit breaker", r"(?m)^fiuu_circuit_breaker_state [12]"),
            Shows("Check connectivity", r"refused|Failed to connect|Couldn't connect"),
            Shows("Check failed payments", r"payment.*failed"),
        ),
    ),
)
