"""Grafana dashboards and the files by which Grafana loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_dashboards.board import documents
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
    dashboards: dict[str, Document] = {}
    for board in BOARDS:
        dashboards.update(documents(board(kit), catalog, watching, board.__module__))
    return {**dashboards, **provisioning(catalog), **sidecar(catalog, dashboards)}
