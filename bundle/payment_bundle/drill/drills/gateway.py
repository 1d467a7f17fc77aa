"""Incidents of the gateway."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Shows
from payment_bundle.drill.drills.consequences import ERRORS, FAILED_PAYMENTS, OPEN_OPERATIONS, SLOWNESS
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
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


@contextmanager
def _fails(scene: Scene) -> Iterator[None]:
    scene.house.turn(error_rate=0.3)
    try:
        yield
    finally:
        scene.house.turn()


@contextmanager
def _is_slow(scene: Scene) -> Iterator[None]:
    scene.house.turn(latency_ms=900)
    try:
        yield
    finally:
        scene.house.turn()


DRILLS = (
    Drill(
        "gateway-errors",
        "Three in ten answers of the gateway are errors",
        IncidentKey.HIGH_ERROR_RATE,
        _fails,
        (Expected("ErrorRateCritical", Team.SERVICE_OUTAGE, Priority.P1),),
        ERRORS | FAILED_PAYMENTS | OPEN_OPERATIONS | {"CircuitBreakerOpen"},
        (Shows("Check error logs", r'"status": 502'),),
    ),
    Drill(
        "gateway-slow",
        "The gateway takes a second to answer",
        IncidentKey.PERFORMANCE_DEGRADATION,
        _is_slow,
        (Expected("ApiLatencyCritical", Team.PERFORMANCE_ISSUE, Priority.P1),),
        SLOWNESS | OPEN_OPERATIONS,
        (Shows("Time the Fiuu API", r"real\s+0m(0\.[4-9]|[1-9])"),),
    ),
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
