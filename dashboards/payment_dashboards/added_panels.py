"""Panels that an extension adds: below those of a dashboard of the bundle's, or on a dashboard of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_catalog.dashboards import Dashboard
    from payment_dashboards.board import Board, Row
    from payment_dashboards.kit import Kit


@dataclass(frozen=True, slots=True)
class RowsOn:
    """Rows that stand below the others of a ``dashboard`` of the bundle's."""

    dashboard: Dashboard
    rows: tuple[Row, ...]


Panels: TypeAlias = "Board | RowsOn"


@dataclass(frozen=True, slots=True)
class AddedPanels:
    """A part of an extension: what makes a dashboard or rows; ``source`` is the module in which it does."""

    panels: Callable[[Kit], Panels]
    source: str
