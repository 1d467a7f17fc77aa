"""A generated dashboard, as tests look at it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import payment_dashboards
from payment_alerts.groups import alert_groups, watching
from payment_catalog.catalog import build_catalog
from payment_catalog.documents import JsonDocument
from payment_catalog.promql import analyse
from payment_catalog.settings import Settings
from payment_catalog.settings.objectives import Levels
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from payment_catalog.promql import Labels
    from payment_catalog.watching import Watching

#: With every alert that there can be on the boards of business and application.
BOTH_LEVELS = Settings(
    thresholds={
        ThresholdKey.PAYMENT_SUCCESS_RATIO: Levels(warning=0.98, critical=0.95),
        ThresholdKey.CIRCUIT_BREAKER_STATE: Levels(warning=0, critical=1),
        ThresholdKey.REFUND_RATIO: Levels(warning=0.05, critical=0.1),
        ThresholdKey.PAYMENT_VOLUME: Levels(warning=0.5, critical=0.3),
        ThresholdKey.REVENUE_VOLUME: Levels(warning=0.3, critical=0.1),
    }
)


class BoardUnderTest:
    """The dashboard ``uid`` as it is generated for ``settings``, once a test asks for it."""

    def __init__(self, uid: str, settings: Settings) -> None:
        self._uid, self._catalog = uid, build_catalog(settings)

    @cached_property
    def watching(self) -> Watching:
        return watching(alert_groups(self._catalog))

    @cached_property
    def content(self) -> dict[str, Any]:
        document = payment_dashboards.generate(self._catalog, self.watching)[f"grafana/dashboards/{self._uid}.json"]
        assert isinstance(document, JsonDocument)
        return document.content  # type: ignore[return-value]

    @cached_property
    def declared(self) -> dict[str, Labels]:
        return self._catalog.declared(self.watching.recordings)

    @cached_property
    def panels(self) -> list[dict[str, Any]]:
        return [panel for panel in self.content["panels"] if panel["type"] != "row"]

    def panel(self, title: str) -> dict[str, Any]:
        """Return the one panel of that title."""
        (found,) = (panel for panel in self.panels if panel["title"] == title)
        return found

    def steps(self, title: str) -> list[tuple[str, float | None]]:
        """Return colour and lower end of each step of a panel's limits."""
        steps = self.panel(title)["fieldConfig"]["defaults"]["thresholds"]["steps"]
        return [(step["color"], step["value"]) for step in steps]

    def queries(self, title: str) -> list[str]:
        """Return the expressions of a panel."""
        return [target["expr"] for target in self.panel(title)["targets"]]

    def alerts_without_page(self) -> list[str]:
        """Return the alerts that the dashboard is about and to whose pages no panel leads."""
        linked = {link["url"].rpartition("/")[2] for panel in self.panels for link in panel.get("links", ())}
        alerts = [alert.name for alert in self.watching.alerts.values() if alert.dashboard == self._uid]
        assert alerts
        return [name for name in alerts if f"{name}.md" not in linked]

    def problems(self) -> list[str]:
        """Return what is not declared in the queries, and names of series by labels that their result has not."""
        found: list[str] = []
        for panel in self.panels:
            for target in panel["targets"]:
                analysis = analyse(target["expr"], self.declared)
                found.extend(f"{panel['title']}: {problem}" for problem in analysis.problems)
                named = {part.partition("}}")[0] for part in target.get("legendFormat", "").split("{{")[1:]}
                found.extend(f"{panel['title']}: no label {label}" for label in named - analysis.labels)
        return found
