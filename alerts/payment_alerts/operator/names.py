"""Names that the operator's objects share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

MONITORING_GROUP = "monitoring.coreos.com"


def labels(settings: Settings) -> dict[str, str]:
    """Return the label by which Prometheus and Alertmanager select our objects."""
    return {"app": settings.service}


def alertmanager_secret(settings: Settings) -> str:
    """Return the name of the Secret with what Alertmanager's receivers need, in the service's namespace."""
    return f"{settings.service}-alertmanager"
