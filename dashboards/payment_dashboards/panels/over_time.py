"""Values over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grafanalib import core

from payment_catalog.thresholds import Unit
from payment_dashboards.colours import BOUND
from payment_dashboards.panels.panel import Panel, Place
from payment_dashboards.panels.series_names import fixed, matcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_dashboards.panels.panel import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime(Panel):
    """Lines, with a dashed one at each limit.

    ``colours`` and ``own_links`` are by the name of the series. ``bounds`` are names of series that are no values
    but what values stay below: grey and dashed. ``stacked`` is for parts of a whole: areas without lines, since the
    line of a part that is 0 would lie on top of the others. ``calculations`` stand beside each name.
    """

    colours: Mapping[str, str] = field(default_factory=dict)
    own_links: Mapping[str, Link] = field(default_factory=dict)
    bounds: tuple[str, ...] = ()
    stacked: bool = False
    calculations: tuple[str, ...] = ("lastNotNull", "max")
    minimum: float | None = 0
    maximum: float | None = None

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        panel = core.TimeSeries(
            **self.shared(place),
            lineWidth=0 if self.stacked else 2,
            fillOpacity=70 if self.stacked else 8,
            stacking={"mode": "normal" if self.stacked else "none", "group": "A"},
            showPoints="never",
            legendDisplayMode="table",
            legendCalcs=list(self.calculations),
            tooltipMode="multi",
            tooltipSort="desc",
            thresholdsStyleMode="dashed" if self.limits else "off",
            overrides=[
                *fixed(self.colours, place),
                *(_bound(name, place) for name in self.bounds),
                *_links(self.own_links, place),
            ],
        )
        defaults = panel.extraJson["fieldConfig"]["defaults"]
        defaults.update(min=self.minimum, max=self.maximum, custom=self._custom())
        panel.extraJson["options"] = {"legend": {"showLegend": True}}
        return panel

    def _custom(self) -> dict[str, Any]:
        """Keep a ratio's scale from growing a hair's breadth into a mountain."""
        return {"axisSoftMax": self._highest} if self._highest is not None else {}

    @property
    def _highest(self) -> float | None:
        limits = [limit for limit in (self.limits.warning, self.limits.critical) if limit is not None]
        if not limits or self.unit is Unit.STATE:
            return None
        highest = float(f"{max(limits) * 1.1:.6g}")
        return min(highest, 1) if self.unit is Unit.RATIO else highest


def _links(links: Mapping[str, Link], place: Place) -> list[dict[str, Any]]:
    return [
        {"matcher": matcher(name, place), "properties": [{"id": "links", "value": [link.json]}]}
        for name, link in links.items()
    ]


def _bound(name: str, place: Place) -> dict[str, Any]:
    return {
        "matcher": matcher(name, place),
        "properties": [
            {"id": "color", "value": {"mode": "fixed", "fixedColor": BOUND}},
            {"id": "custom.lineWidth", "value": 2},
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
            {"id": "custom.fillOpacity", "value": 0},
            {"id": "custom.stacking", "value": {"mode": "none", "group": "A"}},
        ],
    }
