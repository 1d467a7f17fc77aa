"""Incidents that no program of ours has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.drill.drill import Drill, Expected, Need, Shows
from payment_catalog.escalation import Team
from payment_catalog.incident import IncidentKey
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from payment_bundle.drill.scene import Scene


def _stops(scene: Scene) -> AbstractContextManager[None]:
    return scene.nobody_pays()


DRILLS = (
    Drill(
        "traffic-stops",
        "Nobody pays any more: the way to the service is blocked before it",
        IncidentKey.SERVICE_UNAVAILABLE,
        _stops,
        (Expected("PaymentVolumeLow", Team.SERVICE_OUTAGE, Priority.P1),),
        # In a window of a minute instead of an hour there are too few payments for a share of refunds.
        frozenset({"PaymentMethodDown", "RevenueLow", "RefundRateHigh"}),
        (Shows("Check health", r'"status":"ok"'), Shows("Check readiness", r'"status":"ready"')),
        needs=frozenset({Need.SPEED}),
        # A week becomes 20 s, and half an hour as much.
        hurried={"payment-seasons": 30_240, "payment-anomalies": 90},
        calm=65,
    ),
)
