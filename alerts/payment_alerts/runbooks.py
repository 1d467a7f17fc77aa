"""A page for each alert: what it means, how to find the cause, who helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from payment_alerts.postmortem import PostMortem, render
from payment_catalog.documents import TextDocument
from payment_catalog.durations import format_duration
from payment_catalog.escalation import EscalationLevel, escalation_after
from payment_catalog.incidents import BEFORE_ESCALATION, COMMUNICATION, ESCALATION_PROCESS, SECURITY_CHECKLIST
from payment_catalog.links import expression_url, overview_url, silence_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

DIRECTORY = "runbooks"


def runbooks(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return ``<Alert>.md`` for each alert, and ``README.md`` with the list of them."""
    templates = _templates()
    alerts = [alert for group in groups for alert in group.alerts]
    pages = {
        f"{DIRECTORY}/{alert.name}.md": TextDocument(_page(templates, catalog, alert, alerts), __name__)
        for alert in alerts
    }
    index = templates.get_template("runbooks.md.j2").render(alerts=alerts, levels=catalog.severity_levels)
    return {**pages, f"{DIRECTORY}/README.md": TextDocument(index, __name__)}


def _page(templates: jinja2.Environment, catalog: Catalog, alert: Alert, alerts: Sequence[Alert]) -> str:
    settings = catalog.settings
    incident = catalog.incidents[alert.incident]
    row = catalog.escalation[alert.team]
    return templates.get_template("runbook.md.j2").render(
        alert=alert,
        incident=incident,
        level=catalog.severity_levels[alert.priority],
        row=row,
        after={level.value: escalation_after(alert.team, alert.priority, level) for level in EscalationLevel},
        urls=settings.urls,
        dashboard=overview_url(settings),
        links={
            "expression": expression_url(settings, alert.expr),
            "alerts": f"{settings.urls.alertmanager}/#/alerts",
            "silence": silence_url(settings, {"incident": alert.incident}),
        },
        related=[other.name for other in alerts if other.incident == alert.incident and other is not alert],
        communication=COMMUNICATION,
        before_escalation=BEFORE_ESCALATION,
        escalation_process=ESCALATION_PROCESS,
        checklist=SECURITY_CHECKLIST if incident.is_security else {},
        post_mortem=render(PostMortem(f"{incident.title} ({alert.name})")),
    )


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("payment_alerts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown of our own texts, not HTML
    )
    environment.filters["duration"] = _duration
    return environment


def _duration(duration: timedelta) -> str:
    return format_duration(duration) if duration else "immediately"
