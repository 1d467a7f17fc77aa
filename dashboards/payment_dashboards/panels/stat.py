"""The present value, large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grafanalib import core

from payment_dashboards.colours import ABSENT
from payment_dashboards.panels.panel import Panel, Place

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a value means: its word and its colour."""

    word: str
    colour: str


def value_mappings(states: Mapping[float, State]) -> list[dict[str, Any]]:
    """Return Grafana's mapping of values to words; none for none."""
    if not states:
        return []
    options = {
        f"{value:g}": {"text": state.word, "color": state.colour, "index": index}
        for index, (value, state) in enumerate(states.items())
    }
    return [{"type": "value", "options": options}]


def absence(text: str, colour: str) -> dict[str, Any]:
    """Return Grafana's mapping of what is missing: it would have the colour of the lowest value, which may be red."""
    return {
        "type": "special",
        "options": {"match": "null+nan", "result": {"text": text, "color": colour, "index": 0}},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat(Panel):
    """One number for each series, on the colour of its limits or of its state.

    ``named`` shows the names of the series, for several, which then stand below each other; ``sparkline`` the way
    to the number.
    """

    states: Mapping[float, State] | None = None
    named: bool = False
    sparkline: bool = False
    width: int = 4
    height: int = 4

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        coloured = bool(self.limits) or bool(self.states)
        return core.Stat(
            **self.shared(place, instant=not self.sparkline),
            colorMode="background" if coloured else "value",
            color={"mode": "thresholds"},
            graphMode="area" if self.sparkline else "none",
            textMode="value_and_name" if self.named else "value",
            orientation="horizontal" if self.named else "auto",
            reduceCalc="lastNotNull",
            mappings=[*value_mappings(self.states or {}), *([absence(self.no_value, ABSENT)] if coloured else [])],
        )
