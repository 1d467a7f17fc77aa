"""Amounts of money as people read them: the counters are in sen and cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics.business import CURRENCY_MINOR_UNITS
from payment_catalog.signals import exporter_job

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


def whole_units(settings: Settings, amount: str) -> str:
    """Return the expression of ``amount``, which is in minor units, by currency and in units of it."""
    minor_units = f"max by (currency) ({CURRENCY_MINOR_UNITS}{{{exporter_job(settings)}}})"
    return f"sum by (currency) ({amount}) / ({minor_units} > 0)"
