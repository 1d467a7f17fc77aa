"""Grafana dashboards and the files by which Grafana loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_dashboards.board import documents
from payment_dashboards.boards import BOARDS
from payment_dashboards.kit import Kit
from payment_dashboards.provisioning import provisioning

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents
    from payment_catalog.watching import Watching


def generate(catalog: Catalog, watching: Watching) -> Documents:
    """Return every dashboard and Grafana's provisioning files."""
    kit = Kit(catalog, watching)
    made: dict[str, Document] = {}
    for board in BOARDS:
        made.update(documents(board(kit), catalog, watching, board.__module__))
    return {**made, **provisioning(catalog)}
