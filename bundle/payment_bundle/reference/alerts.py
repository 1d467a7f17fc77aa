"""The alerts, by the file of their rules."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from payment_alerts.groups import alert_groups
from payment_alerts.markdown import duration
from payment_bundle.reference.table import code, table
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.dashboards import AnyDashboard


def alerts(catalog: Catalog) -> str:
    """Return a list of all alerts, and a section for each file of rules with an entry for each alert."""
    groups = [group for group in alert_groups(catalog) if group.alerts]
    files = groupby(groups, key=lambda group: group.file)
    return "\n".join((_list(groups), *(_file(catalog, file, list(members)) for file, members in files)))


def _list(groups: list[AlertGroup]) -> str:
    rows = (
        (f"[{alert.name}](#{alert.name.lower()})", _priority(alert), alert.team, code(f"rules/{group.file}"))
        for group in groups
        for alert in group.alerts
    )
    return table(("alert", "priority", "team", "rule in"), rows)


def _file(catalog: Catalog, file: str, groups: list[AlertGroup]) -> str:
    entries = (_entry(catalog, alert, group.dashboard) for group in groups for alert in group.alerts)
    return "\n".join((f"## {file}\n", *entries))


def _entry(catalog: Catalog, alert: Alert, dashboard: AnyDashboard) -> str:
    return "\n".join(
        (
            f"### {alert.name}\n",
            f"{alert.meaning} {alert.impact}\n",
            table(("severity", "priority", "team", "incident", "for", "keeps firing"), (_figures(alert),)),
            f"```text\n{alert.expr}\n```\n",
            f"Look at the dashboard {code(str(dashboard))}. {' '.join(_to_do(catalog, alert))}\n",
        )
    )


def _figures(alert: Alert) -> tuple[str, ...]:
    keeps = format_duration(alert.keep_firing) if alert.keep_firing else "while it holds"
    incident = "the incident's" if "incident" in alert.from_series else code(alert.incident)
    return alert.severity, _priority(alert), alert.team, incident, duration(alert.pending), keeps


def _priority(alert: Alert) -> str:
    return "the incident's" if "priority" in alert.from_series else alert.priority


def _to_do(catalog: Catalog, alert: Alert) -> Iterator[str]:
    purposes = [command.purpose for command in catalog.incidents[alert.incident].diagnosis]
    if purposes:
        yield f"First: {'; '.join(purpose[0].lower() + purpose[1:] for purpose in purposes)}."
    yield f"The commands, causes and remedies are in {code(f'runbooks/{alert.name}.md')}."
