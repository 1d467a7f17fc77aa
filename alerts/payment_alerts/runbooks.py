"""A page for each alert: what it means, how to find the cause, who helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from payment_catalog.documents import TextDocument
from payment_catalog.durations import format_duration
from payment_catalog.incidents import BEFORE_ESCALATION, SECURITY_CHECKLIST
from payment_catalog.links import overview_url

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
        f"{DIRECTORY}/{alert.name}.md": TextDocument(_page(templates, catalog, alert), __name__) for alert in alerts
    }
    index = templates.get_template("runbooks.md.j2").render(alerts=alerts, levels=catalog.severity_levels)
    return {**pages, f"{DIRECTORY}/README.md": TextDocument(index, __name__)}


def _page(templates: jinja2.Environment, catalog: Catalog, alert: Alert) -> str:
    incident = catalog.incidents[alert.incident]
    return templates.get_template("runbook.md.j2").render(
        alert=alert,
        annotations=alert.annotations(catalog),
        incident=incident,
        level=catalog.severity_levels[alert.priority],
        row=catalog.escalation[alert.team],
        urls=catalog.settings.urls,
        dashboard=overview_url(catalog.settings),
        before_escalation=BEFORE_ESCALATION,
        checklist=SECURITY_CHECKLIST if incident.is_security else {},
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
