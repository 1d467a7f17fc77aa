"""Extensions where the bundle's own service runs, which publishes none of their metrics."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_alerts.added_alerts import AddedAlerts
from payment_bundle.extending.loading import extended_catalog
from payment_catalog.catalog import build_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_bundle.extending.origin import Origin
    from payment_catalog.catalog import Catalog
    from payment_catalog.settings import Settings

_NOT_HERE = "the reference service does not publish it"


def reference_catalog(settings: Settings, origins: Iterable[Origin]) -> Catalog:
    """Return the catalogue in which nobody expects the metrics of extensions; raises ExtensionError.

    Alerts that read them are silent, and ``MetricsMissing`` does not say so.
    """
    found = extended_catalog(settings, origins)
    return build_catalog(
        settings,
        [
            replace(addition, metrics=tuple(replace(metric, conditional=_NOT_HERE) for metric in addition.metrics))
            for addition in found.additions
        ],
    )


def added_alerts(catalog: Catalog) -> frozenset[str]:
    """Return the names of the alerts that extensions add."""
    groups = (added.group(catalog) for added in catalog.parts(AddedAlerts))
    return frozenset(alert.name for group in groups for alert in group.alerts)
