"""Addresses that alerts, pages and messages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: The runbook's dashboard: ``/d/payment-service``.
OVERVIEW_UID = "payment-service"


def overview_url(settings: Settings) -> str:
    """Return the address of the overview dashboard."""
    return f"{settings.urls.grafana}/d/{OVERVIEW_UID}"


def runbook_url(settings: Settings, alert: str) -> str:
    """Return the address of the page of ``alert``."""
    return f"{settings.urls.runbooks}/{alert}.md"
