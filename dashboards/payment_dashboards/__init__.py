"""Grafana dashboards and the files by which Grafana loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_dashboards.overview import overview
from payment_dashboards.provisioning import provisioning
from payment_dashboards.sidecar import sidecar

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def generate(catalog: Catalog) -> Documents:
    """Return every dashboard, Grafana's provisioning files, and both as ConfigMaps."""
    dashboards = overview(catalog)
    return {**dashboards, **provisioning(catalog), **sidecar(catalog, dashboards)}
