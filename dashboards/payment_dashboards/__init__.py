"""Grafana dashboards and the files by which Grafana loads them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payment_catalog.documents import JsonDocument
from payment_catalog.grafana_names import dashboard_uid
from payment_dashboards.added_panels import AddedPanels, RowsOn
from payment_dashboards.board import Board, grafana_dashboard
from payment_dashboards.boards import BOARDS
from payment_dashboards.kit import Kit
from payment_dashboards.provisioning import provisioning
from payment_dashboards.sidecar import sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents
    from payment_catalog.watching import Watching


def generate(catalog: Catalog, watching: Watching) -> Documents:
    """Return every dashboard, Grafana's provisioning files, and both as ConfigMaps."""
    kit = Kit(catalog, watching)
    declared = catalog.declared(watching.recordings)
    dashboards: dict[str, Document] = {}
    for board, source in boards(kit):
        uid = dashboard_uid(catalog.settings, board.dashboard)
        dashboards[f"grafana/dashboards/{uid}.json"] = JsonDocument(grafana_dashboard(board, kit, declared), source)
    return {**dashboards, **provisioning(catalog), **sidecar(catalog, dashboards)}


def boards(kit: Kit) -> Iterator[tuple[Board, str]]:
    """Yield each dashboard with the module that makes it: the bundle's, with rows that extensions add, and theirs."""
    added = [(part.panels(kit), part.source) for part in kit.catalog.parts(AddedPanels)]
    for make in BOARDS:
        board = make(kit)
        below = (more.rows for more, _ in added if isinstance(more, RowsOn) and more.dashboard == board.dashboard)
        yield replace(board, rows=(*board.rows, *(row for rows in below for row in rows))), make.__module__
    for more, source in added:
        if isinstance(more, Board):
            yield more, source
