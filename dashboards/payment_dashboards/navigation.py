"""Links at the top of every dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib.core import DashboardLink

from payment_catalog.dashboards import Dashboard
from payment_catalog.grafana_names import dashboard_uid
from payment_catalog.links import log_view_link, logs_url, runbooks_url
from payment_catalog.log_streams import LogBoard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.settings import Settings

#: What Kibana has on the subject of a dashboard.
_BOARDS: Mapping[AnyDashboard, Mapping[str, LogBoard]] = {
    Dashboard.SECURITY: {"Security logs": LogBoard.SECURITY},
    Dashboard.APPLICATION: {"Operations logs": LogBoard.OPERATIONS},
    Dashboard.LOGS: {"Operations logs": LogBoard.OPERATIONS, "Security logs": LogBoard.SECURITY},
}


def navigation(settings: Settings, here: AnyDashboard) -> list[DashboardLink]:
    """Return links to the other dashboards, which keep time and choices, and to what stands beside Grafana."""
    urls = settings.urls
    beside = {
        "Alerts": f"{urls.prometheus}/alerts",
        "Silences": f"{urls.alertmanager}/#/silences",
        **_logs(settings, here),
        "Runbooks": runbooks_url(settings),
    }
    return [
        *(
            DashboardLink(
                title=_short(other),
                type="link",
                uri=f"/d/{dashboard_uid(settings, other)}",
                icon="dashboard",
                keepTime=True,
                includeVars=True,
            )
            for other in Dashboard
            if other is not here
        ),
        *(
            DashboardLink(title=title, type="link", uri=url, targetBlank=True, keepTime=False)
            for title, url in beside.items()
        ),
    ]


def _logs(settings: Settings, here: AnyDashboard) -> dict[str, str]:
    """Return where logs are: boards of Kibana's on the subject of the dashboard, else all lines."""
    boards = {title: log_view_link(settings, board) for title, board in _BOARDS.get(here, {}).items()}
    return boards or {"Logs": logs_url(settings)}


def _short(dashboard: Dashboard) -> str:
    if dashboard is Dashboard.OVERVIEW:
        return "Overview"
    short = dashboard.heading.removeprefix("Payment ")
    return short[0].upper() + short[1:]
