"""Present values as rows and columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from grafanalib import core

from payment_catalog.promql import analyse
from payment_dashboards.panels.panel import Link, Panel, Place
from payment_dashboards.panels.stat import absence, value_mappings
from payment_dashboards.units import GRAFANA_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.thresholds import Unit
    from payment_dashboards.limits import Limits
    from payment_dashboards.panels.stat import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A label or the value of a query, under ``title``.

    ``source`` is the label's name, or ``Value #A`` for the first query's value; ``words`` are colours of a label's
    values, ``states`` words of a value's. ``width`` is in pixels; None shares what is left.
    """

    source: str
    title: str
    unit: Unit | None = None
    width: int | None = None
    decimals: int | None = None
    limits: Limits | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[float, State] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def override(self) -> dict[str, Any]:
        """Grafana's override of the column."""
        coloured = self.limits or self.words or self.states
        words = {word: {"color": colour, "index": index} for index, (word, colour) in enumerate(self.words.items())}
        mappings = [{"type": "value", "options": words}] if words else value_mappings(self.states)
        properties = {
            "unit": GRAFANA_UNITS[self.unit] if self.unit else None,
            "decimals": self.decimals,
            "custom.width": self.width,
            "custom.cellOptions": {"type": "color-background", "mode": "basic"} if coloured else None,
            "thresholds": {"mode": "absolute", "steps": self.limits.steps} if self.limits else None,
            "mappings": [*mappings, *([absence("-", "transparent")] if self.unit or self.states else [])] or None,
            "links": [link.json for link in self.links] or None,
        }
        return {
            "matcher": {"id": "byName", "options": self.title},
            "properties": [{"id": name, "value": value} for name, value in properties.items() if value is not None],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Panel):
    """One row for each series, or for each label set that several queries share; only the ``columns`` are shown.

    ``sort`` is the title of the column that orders the rows.
    """

    columns: tuple[Column, ...]
    sort: str = ""
    descending: bool = False

    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""
        panel = core.Table(
            **self.shared(place, instant=True),
            transformations=[
                *([{"id": "merge", "options": {}}] if len(self.queries) > 1 else []),
                self._organise(place),
            ],
            overrides=[column.override for column in self.columns],
        )
        for target in panel.targets:
            target.format = "table"
        order = [{"displayName": self.sort, "desc": self.descending}] if self.sort else []
        panel.extraJson["options"] = {"showHeader": True, "sortBy": order}
        panel.extraJson["fieldConfig"]["defaults"]["custom"] = {"align": "auto", "cellOptions": {"type": "auto"}}
        return panel

    def _organise(self, place: Place) -> dict[str, Any]:
        return {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(self._unwanted(place), True),
                "indexByName": {column.source: index for index, column in enumerate(self.columns)},
                "renameByName": {column.source: column.title for column in self.columns},
            },
        }

    def _unwanted(self, place: Place) -> tuple[str, ...]:
        labels = frozenset().union(*(analyse(query.expr, place.declared).labels for query in self.queries))
        letters = ascii_uppercase[: len(self.queries)]
        values = ("Value",) if len(self.queries) == 1 else tuple(f"Value #{letter}" for letter in letters)
        wanted = {column.source for column in self.columns}
        return tuple(name for name in ("Time", "__name__", *sorted(labels), *values) if name not in wanted)
