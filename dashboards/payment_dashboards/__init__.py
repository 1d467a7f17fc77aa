"""Grafana dashboards and the files by which Grafana loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import JsonDocument
from payment_catalog.grafana_names import dashboard_uid
from payment_dashboards.board import grafana_dashboard
from payment_dashboards.boards import BOARDS
from payment_dashboards.kit import Kit
from payment_dashboards.provisioning import provisioning
from payment_dashboards.sidecar import sidecar

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents
    from payment_catalog.watching import Watching


def generate(catalog: Catalog, watching: Watching) -> Documents:
    """Return every dashboard, Grafana's provisioning files, and both as ConfigMaps."""
    kit = Kit(catalog, watching)
    declared = catalog.declared(watching.recordings)
    dashboards: dict[str, Document] = {}
    for board in BOARDS:
        shown = board(kit)
        content = grafana_dashboard(shown, kit, declared)
        uid = dashboard_uid(catalog.settings, shown.dashboard)
        dashboards[f"grafana/dashboards/{uid}.json"] = JsonDocument(content, board.__module__)
    return {**dashboards, **provisioning(catalog), **sidecar(catalog, dashboards)}
