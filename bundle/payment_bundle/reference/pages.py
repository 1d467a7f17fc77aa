"""Every part of the reference by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bundle.reference.alerts import alerts
from payment_bundle.reference.commands import commands, exporter_flags
from payment_bundle.reference.environment import environment
from payment_bundle.reference.limits import objectives, thresholds
from payment_bundle.reference.metrics import metrics
from payment_bundle.reference.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_catalog.catalog import Catalog


def pages(catalog: Catalog) -> Mapping[str, Callable[[], str]]:
    """Return what makes each part, in Markdown without a title."""
    return {
        "metrics": lambda: metrics(catalog),
        "alerts": lambda: alerts(catalog),
        "objectives": lambda: objectives(catalog),
        "thresholds": lambda: thresholds(catalog),
        "settings": settings,
        "commands": commands,
        "environment": environment,
        "exporter-flags": exporter_flags,
    }
