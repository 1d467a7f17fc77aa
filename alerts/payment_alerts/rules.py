"""Prometheus rule files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_alerts.alert import MOST_RULES
from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import Alert, AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.dashboards import AnyDashboard
    from payment_catalog.documents import Documents

RULES_DIRECTORY = "prometheus/rules"


def rules(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return a rule file for each group; a large one is several there."""
    return {f"{RULES_DIRECTORY}/{group.file}": YamlDocument(_file(catalog, group), __name__) for group in groups}


def _file(catalog: Catalog, group: AlertGroup) -> dict[str, Any]:
    recordings = [{"record": rule.record, "expr": rule.expr} for rule in group.recordings]
    written = [*recordings, *(_alert(catalog, alert, group.dashboard) for alert in group.alerts)]
    interval = {"interval": format_duration(group.interval)} if group.interval else {}
    return {
        "groups": [
            {"name": name, **interval, "rules": written[part * MOST_RULES : (part + 1) * MOST_RULES]}
            for part, name in enumerate(group.names)
        ]
    }


def _alert(catalog: Catalog, alert: Alert, dashboard: AnyDashboard) -> dict[str, Any]:
    keep_firing = {"keep_firing_for": format_duration(alert.keep_firing)} if alert.keep_firing else {}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": format_duration(alert.pending),
        **keep_firing,
        "labels": alert.labels(catalog),
        "annotations": alert.annotations(catalog, dashboard),
    }
