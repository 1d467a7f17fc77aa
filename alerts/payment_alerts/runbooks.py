"""A page for each alert: what it means, how to find the cause, who helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.markdown import duration, template
from payment_alerts.postmortem import PostMortem, render
from payment_catalog.checklists import BEFORE_ESCALATION, COMMUNICATION, ESCALATION_PROCESS, SECURITY_CHECKLIST
from payment_catalog.documents import TextDocument
from payment_catalog.escalation import EscalationLevel, escalation_after
from payment_catalog.links import dashboard_url, expression_url, log_view_url, logs_url, silence_url
from payment_catalog.monitoring import FLEET
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

DIRECTORY = "runbooks"


def runbooks(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return ``<Alert>.md`` for each alert, and ``README.md`` with the list of them."""
    alerts = [alert for group in groups for alert in group.alerts]
    pages = {
        f"{DIRECTORY}/{alert.name}.md": TextDocument(_page(catalog, alert, group.dashboard, alerts), __name__)
        for group in groups
        for alert in group.alerts
    }
    index = template("runbooks.md.j2").render(alerts=alerts, levels=catalog.severity_levels)
    return {**pages, f"{DIRECTORY}/README.md": TextDocument(index, __name__)}


def _page(catalog: Catalog, alert: Alert, dashboard: AnyDashboard, alerts: Sequence[Alert]) -> str:
    settings = catalog.settings
    incident = catalog.incidents[alert.incident]
    view = alert.log_view(catalog)
    return template("runbook.md.j2").render(
        alert=alert,
        incident=incident,
        level=catalog.severity_levels[alert.priority],
        row=catalog.escalation[alert.team],
        after={level: _after(alert, level) for level in EscalationLevel},
        dashboard=dashboard_url(settings, dashboard),
        links={
            "expression": expression_url(settings, alert.expr),
            "alerts": f"{settings.urls.alertmanager}/#/alerts",
            "silence": silence_url(settings, {"incident": alert.incident, **_own(settings)}),
            "logs": log_view_url(settings, view) if view else logs_url(settings),
            "incident_logs": log_view_url(settings, incident.logs) if incident.logs not in {None, view} else "",
        },
        related=[other.name for other in alerts if other.incident == alert.incident and other is not alert],
        communication=COMMUNICATION,
        before_escalation=BEFORE_ESCALATION,
        escalation_process=ESCALATION_PROCESS,
        checklist=SECURITY_CHECKLIST if incident.is_security else {},
        post_mortem=render(PostMortem(f"{incident.title} ({alert.name})")),
    )


def _own(settings: Settings) -> dict[str, str]:
    """Return what a service's alerts have and those of others in the same Alertmanager have not; of a fleet nothing."""
    return {"namespace": settings.namespace} if settings.shared and settings.namespace != FLEET else {}


def _after(alert: Alert, level: EscalationLevel) -> str:
    """Return when the level is called: for the alert's priority, or for each where it comes with the series."""
    priorities = Priority if "priority" in alert.from_series else (alert.priority,)
    return ", ".join(f"{priority} {duration(escalation_after(alert.team, priority, level))}" for priority in priorities)
