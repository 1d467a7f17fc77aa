"""Incidents of Redis."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Shows
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_bundle.drill.scene import Scene


@contextmanager
def _down(scene: Scene) -> Iterator[None]:
    scene.house.kill("redis")
    try:
        yield
    finally:
        scene.house.restart("redis")


DRILLS = (
    Drill(
        "redis-down",
        "Redis has crashed; nothing is counted, and every request passes the rate limiter",
        IncidentKey.DDOS_ATTACK,
        _down,
        (Expected("RateLimiterWithoutStorage", Team.SECURITY_INCIDENT, Priority.P2),),
        frozenset({"ExporterCollectorFails"}),
        (Shows("Rate limiting", r'(?m)^rate_limit_requests_total\{outcome="unchecked_allowed"\} [1-9]'),),
    ),
)
