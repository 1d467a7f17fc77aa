"""How values are distributed, over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafanalib import core

from payment_catalog.thresholds import Unit
from payment_dashboards.panels.panel import Panel, Place
from payment_dashboards.units import GRAFANA_UNITS


class ModernHeatmap(core.Panel):  # type: ignore[misc]  # grafanalib has no types
    """Grafana's heatmap since version 9; grafanalib's is of version 5."""

    unit: str

    def to_json_data(self) -> dict[str, Any]:
        """Return Grafana's form."""
        return dict(
            self.panel_json(
                {
                    "type": "heatmap",
                    "fieldConfig": {"defaults": {"custom": {"scaleDistribution": {"type": "linear"}}}, "overrides": []},
                    "options": {
                        "calculate": False,
                        "cellGap": 1,
                        "color": {
                            "mode": "scheme",
                            "scheme": "Oranges",
                            "steps": 64,
                            "exponent": 0.5,
                            "fill": "dark-orange",
                            "reverse": False,
                            "scale": "exponential",
                        },
                        "exemplars": {"color": "rgba(255,0,255,0.7)"},
                        "filterValues": {"le": 1e-9},
                        "legend": {"show": True},
                        "rowsFrame": {"layout": "auto"},
                        "showValue": "never",
                        "tooltip": {"mode": "single", "yHistogram": False},
                        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit},
                    },
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat(Panel):
    """Buckets of a histogram: ``bounds`` is the unit of their limits, ``unit`` of what is counted."""

    bounds: Unit = Unit.SECONDS
    unit: Unit = Unit.PER_SECOND

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        panel = ModernHeatmap(**self.shared(place))
        panel.unit = GRAFANA_UNITS[self.bounds]
        for target in panel.targets:
            target.format = "heatmap"
        return panel
