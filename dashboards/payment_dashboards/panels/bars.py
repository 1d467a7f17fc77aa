"""Present values side by side, as bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grafanalib import core

from payment_dashboards.panels.panel import Panel, Place
from payment_dashboards.panels.series_names import fixed

if TYPE_CHECKING:
    from collections.abc import Mapping


class ModernBarGauge(core.Panel):  # type: ignore[misc]  # grafanalib has no types
    """Grafana's bar gauge since version 7; grafanalib's is of version 6."""

    overrides: list[dict[str, Any]]

    def to_json_data(self) -> dict[str, Any]:
        """Return Grafana's form."""
        return dict(
            self.panel_json(
                {
                    "type": "bargauge",
                    "fieldConfig": {"defaults": {"color": {"mode": "thresholds"}}, "overrides": self.overrides},
                    "options": {
                        "displayMode": "basic",
                        "orientation": "horizontal",
                        "showUnfilled": True,
                        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                    },
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars(Panel):
    """One horizontal bar for each series, from 0 to ``maximum`` or to the largest; ``colours`` are by its name."""

    colours: Mapping[str, str] = field(default_factory=dict)
    maximum: float | None = None

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        panel = ModernBarGauge(**self.shared(place, instant=True))
        panel.extraJson["fieldConfig"]["defaults"].update(min=0, max=self.maximum)
        panel.overrides = fixed(self.colours, place)
        return panel
