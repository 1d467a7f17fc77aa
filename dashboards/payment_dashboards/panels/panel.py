"""What all panels that show data have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from grafanalib.core import GridPos, Target

from payment_catalog.durations import format_duration
from payment_catalog.thresholds import Unit
from payment_dashboards.choices import DATASOURCE, narrow
from payment_dashboards.limits import NO_LIMITS, Limits
from payment_dashboards.panels.series_names import legend
from payment_dashboards.units import GRAFANA_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from grafanalib import core

    from payment_catalog.promql import Labels
    from payment_catalog.signal import Query
    from payment_dashboards.choices import Choice

NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Link:
    """An address that a panel or one of its values leads to; Grafana fills in ``${...}``."""

    title: str
    url: str

    @property
    def json(self) -> dict[str, Any]:
        """Grafana's form."""
        return {"title": self.title, "url": self.url, "targetBlank": True}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands, what its queries are narrowed by, and whether that can be one of several environments."""

    identifier: int
    position: GridPos
    choices: tuple[Choice, ...]
    declared: Mapping[str, Labels]
    several_environments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel(ABC):
    """A panel that shows the results of ``queries``, in ``unit``.

    ``links`` stand in the panel's head, ``value_links`` at each of its values. ``no_value`` is shown where there is no
    data: absence can be good news. ``interval`` is the least time between two points, for queries of very many series.
    ``width`` is in Grafana's 24 columns, ``height`` in its lines of 30 pixels.
    """

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: Unit = Unit.COUNT
    limits: Limits = NO_LIMITS
    links: tuple[Link, ...] = ()
    value_links: tuple[Link, ...] = ()
    no_value: str = NO_DATA
    decimals: int | None = None
    interval: timedelta | None = None
    width: int = 8
    height: int = 8

    @abstractmethod
    def grafana(self, place: Place) -> core.Panel:
        """Return the panel as Grafana has it."""

    def shared(self, place: Place, *, instant: bool = False) -> dict[str, Any]:
        """Return what grafanalib's classes of panels take alike."""
        return {
            "id": place.identifier,
            "title": self.title,
            "description": self.description,
            "dataSource": DATASOURCE,
            "targets": [
                self._target(query, letter, place, instant=instant)
                for query, letter in zip(self.queries, ascii_uppercase, strict=False)
            ],
            "gridPos": place.position,
            "links": [link.json for link in self.links],
            "thresholds": self.limits.steps,
            "interval": format_duration(self.interval) if self.interval else None,
            "maxDataPoints": None,
            "extraJson": {"fieldConfig": {"defaults": self._defaults()}},
        }

    def _defaults(self) -> dict[str, Any]:
        return {
            "unit": GRAFANA_UNITS[self.unit],
            "noValue": self.no_value,
            "decimals": self.decimals,
            "links": [link.json for link in self.value_links],
        }

    def _target(self, query: Query, letter: str, place: Place, *, instant: bool) -> Target:
        return PrometheusTarget(
            expr=narrow(query.expr, place.choices, place.declared),
            legendFormat=legend(query, place),
            refId=letter,
            datasource=DATASOURCE,
            instant=instant,
            exemplar=query.exemplars and not instant,
        )


class PrometheusTarget(Target):  # type: ignore[misc]  # grafanalib has no types
    """A query of Prometheus, with what grafanalib's target lacks: a range of its own, and exemplars."""

    def __init__(self, *, exemplar: bool = False, **fields: Any) -> None:
        super().__init__(intervalFactor=1, **fields)
        self.exemplar = exemplar

    def to_json_data(self) -> dict[str, Any]:
        """Return Grafana's form."""
        return {**super().to_json_data(), "range": not self.instant, "exemplar": self.exemplar}
