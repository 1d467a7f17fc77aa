"""Alerts on figures that are compared with what is usual at that time of the week, as far as they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit

#: Until two weeks are recorded, and where payments are too few to compare.
NOTHING_USUAL = "nothing usual yet"


def little_volume(kit: Kit) -> tuple[str, ...]:
    """Return the alerts on few payments."""
    return kit.levels("PaymentVolumeReduced", "PaymentVolumeLow")


def little_revenue(kit: Kit) -> tuple[str, ...]:
    """Return the alerts on little revenue."""
    return kit.levels("RevenueLow", "RevenueVeryLow")
