"""What is marked on every panel: deployments, and the alerts that the dashboard is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib.core import Annotations

from payment_catalog.dashboards import Dashboard
from payment_catalog.external_metrics import ALERTS
from payment_catalog.runtime_metrics import BUILD_INFO
from payment_catalog.signals import JOB, service_job
from payment_dashboards.choices import DATASOURCE
from payment_dashboards.colours import CRITICAL, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.settings import Settings
    from payment_catalog.watching import Watching
    from payment_dashboards.choices import Choice

#: Once a minute: what is shorter is no mark on an hour.
_SHOWN = {"datasource": DATASOURCE, "enable": True, "hide": False, "step": "60s"}
#: Who opens these wants to see every page.
_ABOUT_EVERYTHING = {Dashboard.OVERVIEW, Dashboard.ON_CALL}
_PLACE = {"environment", "namespace"}


def marks(settings: Settings, dashboard: AnyDashboard, watching: Watching, choices: Iterable[Choice]) -> Annotations:
    """Return Grafana's annotations of ``dashboard``, which follow the ``choices`` of a place."""
    chosen = ", ".join(str(choice.matcher) for choice in choices if choice.label in _PLACE)
    names = [alert.name for alert in watching.of(dashboard)]
    about = "" if dashboard in _ABOUT_EVERYTHING else f', alertname=~"{"|".join(names)}"'
    return Annotations(
        list=[
            {
                "name": "Annotations & Alerts",
                "type": "dashboard",
                "builtIn": 1,
                "datasource": {"type": "grafana", "uid": "-- Grafana --"},
                "enable": True,
                "hide": True,
                "iconColor": NEUTRAL,
            },
            {
                **_SHOWN,
                "name": "Deployments",
                "iconColor": NEUTRAL,
                "expr": _deployments(settings, chosen),
                "titleFormat": "Version {{version}}",
                "textFormat": "{{job}} in {{environment}} runs version {{version}}",
                "tagKeys": "version,environment",
            },
            {
                **_SHOWN,
                "name": "Pages",
                "iconColor": CRITICAL,
                "expr": f'{ALERTS}{{alertstate="firing", priority=~"P0|P1", {chosen}{about}}}',
                "titleFormat": "{{alertname}}",
                "textFormat": "{{priority}} in {{environment}}",
                "tagKeys": "priority,team,environment",
            },
        ]
    )


def _deployments(settings: Settings, chosen: str) -> str:
    """Return an expression that has a result while a version is new: it did not run five minutes ago."""
    running = f"count by ({JOB}, version) ({BUILD_INFO}{{{service_job(settings)}, {chosen}}}"
    return f"{running}) unless {running} offset 5m)"
