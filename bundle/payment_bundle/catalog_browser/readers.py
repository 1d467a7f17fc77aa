"""Who reads a series: rules and panels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import payment_dashboards
from payment_alerts.groups import alert_groups, watching
from payment_catalog.documents import JsonDocument
from payment_catalog.promql import PromQLError, analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.signal import RecordingRule

#: How the links of a panel to the pages of its alerts begin.
_RUNBOOK = "Runbook: "


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: what it reads, and the alerts to whose pages it leads."""

    dashboard: str
    title: str
    series: frozenset[str]
    alerts: frozenset[str]

    def __str__(self) -> str:
        """Return where it is and what it is called."""
        return f"{self.dashboard}: {self.title}"


@dataclass(frozen=True)
class Knowledge:
    """The catalogue and what is made of it, each part made when it is first asked for."""

    catalog: Catalog

    @cached_property
    def groups(self) -> tuple[AlertGroup, ...]:
        """Every group of rules."""
        return alert_groups(self.catalog)

    @cached_property
    def alerts(self) -> tuple[Alert, ...]:
        """Every alert."""
        return tuple(alert for group in self.groups for alert in group.alerts)

    @cached_property
    def recordings(self) -> dict[RecordingRule, AlertGroup]:
        """Every recorded series, with the group that records it."""
        return {rule: group for group in self.groups for rule in group.recordings}

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Every panel that reads a series."""
        documents = payment_dashboards.generate(self.catalog, watching(self.groups))
        boards = (
            document.content
            for path, document in documents.items()
            if path.startswith("grafana/dashboards/") and isinstance(document, JsonDocument)
        )
        return tuple(panel for board in boards if isinstance(board, dict) for panel in self._panels(board))

    def alerts_reading(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the alerts whose expressions select one of ``names``."""
        wanted = frozenset(names)
        return tuple(alert.name for alert in self.alerts if wanted & self._series(alert.expr))

    def recordings_reading(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the recorded series that are computed from one of ``names``."""
        wanted = frozenset(names)
        return tuple(rule.record for rule in self.recordings if wanted & self._series(rule.expr))

    def panels_reading(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the panels that draw one of ``names``."""
        wanted = frozenset(names)
        return tuple(str(panel) for panel in self.panels if wanted & panel.series)

    def panels_of(self, alert: str) -> tuple[str, ...]:
        """Return the panels that show what ``alert`` watches."""
        return tuple(str(panel) for panel in self.panels if alert in panel.alerts)

    @cached_property
    def _selected(self) -> dict[str, frozenset[str]]:
        return {}

    def _series(self, expression: str) -> frozenset[str]:
        if expression not in self._selected:
            try:
                self._selected[expression] = analyse(expression, {}).selected
            except PromQLError:
                self._selected[expression] = frozenset()
        return self._selected[expression]

    def _panels(self, board: dict[str, Any]) -> Iterator[Panel]:
        for panel in board["panels"]:
            expressions = [target["expr"] for target in panel.get("targets", ()) if target.get("expr")]
            series = frozenset[str]().union(*map(self._series, expressions))
            titles = [link.get("title", "") for link in panel.get("links", ())]
            alerts = frozenset(title.removeprefix(_RUNBOOK) for title in titles if title.startswith(_RUNBOOK))
            if series:
                yield Panel(board["uid"], panel["title"], series, alerts)
