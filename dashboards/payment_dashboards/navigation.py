"""Links at the top of every dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib.core import DashboardLink

from payment_catalog.dashboards import Dashboard

if TYPE_CHECKING:
    from payment_catalog.settings import Settings


def navigation(settings: Settings, here: Dashboard) -> list[DashboardLink]:
    """Return links to the other dashboards, which keep time and choices, and to what stands beside Grafana."""
    urls = settings.urls
    beside = {
        "Alerts": f"{urls.prometheus}/alerts",
        "Silences": f"{urls.alertmanager}/#/silences",
        "Logs": urls.kibana,
        "Runbooks": urls.runbooks,
    }
    return [
        *(
            DashboardLink(
                title=_short(other), type="link", uri=f"/d/{other}", icon="dashboard", keepTime=True, includeVars=True
            )
            for other in Dashboard
            if other is not here
        ),
        *(
            DashboardLink(title=title, type="link", uri=url, targetBlank=True, keepTime=False)
            for title, url in beside.items()
        ),
    ]


def _short(dashboard: Dashboard) -> str:
    if dashboard is Dashboard.OVERVIEW:
        return "Overview"
    short = dashboard.heading.removeprefix("Payment ")
    return short[0].upper() + short[1:]
