"""A few words of the dashboard's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafanalib import core

if TYPE_CHECKING:
    from payment_dashboards.panels.panel import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Markdown."""

    title: str
    text: str
    width: int = 24
    height: int = 3

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        return core.Text(id=place.identifier, title=self.title, content=self.text, gridPos=place.position)
