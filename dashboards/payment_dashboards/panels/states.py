"""Which state each thing was in, over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafanalib import core

from payment_catalog.thresholds import Unit
from payment_dashboards.panels.panel import Panel, Place
from payment_dashboards.panels.stat import State, value_mappings

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class States(Panel):
    """A bar for each series whose colour and word tell its state."""

    states: Mapping[float, State]
    unit: Unit = Unit.STATE

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        panel = core.StateTimeline(**self.shared(place), mappings=value_mappings(self.states), tooltipMode="multi")
        panel.extraJson["options"] = {"legend": {"showLegend": False}}
        return panel
