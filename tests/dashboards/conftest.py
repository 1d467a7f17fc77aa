"""Every dashboard, as Grafana gets it."""

from __future__ import annotations

from typing import Any

import pytest

import payment_dashboards
from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.dashboards import Dashboard
from payment_catalog.documents import JsonDocument
from payment_catalog.settings import Settings


def dashboards(settings: Settings) -> dict[Dashboard, dict[str, Any]]:
    """Return Grafana's JSON of every dashboard."""
    catalog = build_catalog(settings)
    documents = payment_dashboards.generate(catalog, watching(alert_groups(catalog)))
    found = {}
    for dashboard in Dashboard:
        document = documents[f"grafana/dashboards/{dashboard}.json"]
        assert isinstance(document, JsonDocument)
        found[dashboard] = document.content
    return found  # type: ignore[return-value]


@pytest.fixture(scope="session")
def boards() -> dict[Dashboard, dict[str, Any]]:
    """Every dashboard of the default settings."""
    return dashboards(Settings())
