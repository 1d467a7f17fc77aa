"""The same scrapes, rules and routes as objects of the Prometheus operator (``monitoring.coreos.com``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.operator.alertmanager_config import alertmanager_config
from payment_alerts.operator.monitors import MONITORS_FILE, environment_monitors, monitoring_monitors
from payment_alerts.operator.prometheus_rules import prometheus_rules
from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import BASE, OVERLAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Document, Documents
    from payment_catalog.kubernetes_objects import Object


def operator(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return the objects for all environments, and for each the monitors that label its series with its name.

    Where others have the same Prometheus, its own targets are the fleet's, and only the service's alerts are routed.
    Raises ForeseenError where two secrets of Alertmanager's would have one key.
    """
    settings = catalog.settings
    whose = (settings.namespace,) if settings.shared else None
    documents = _base(catalog, groups, alertmanager_config(catalog, groups, whose), watches=not settings.shared)
    for environment in settings.environments:
        content = {"apiVersion": "v1", "kind": "List", "items": environment_monitors(settings, environment)}
        documents[f"{OVERLAYS}/{environment}/{MONITORS_FILE}"] = YamlDocument(content, __name__)
    return documents


def fleet_operator(catalog: Catalog, groups: Sequence[AlertGroup], once: Sequence[AlertGroup]) -> Documents:
    """Return what services with one Prometheus have ``once``: rules, the monitoring's own targets, and routes.

    The routes, as of all ``groups``, are for alerts without a namespace (the Watchdog) or with the fleet's own: those
    of a service, escalated ones too, have its namespace, and its own object routes them.
    """
    routing = alertmanager_config(catalog, groups, ("", catalog.settings.namespace))
    return _base(catalog, once, routing, watches=True)


def _base(catalog: Catalog, groups: Sequence[AlertGroup], routing: Object, *, watches: bool) -> dict[str, Document]:
    monitors = monitoring_monitors(catalog.settings) if watches else {}
    contents = {
        **{f"prometheusrule-{name}": content for name, content in prometheus_rules(catalog, groups).items()},
        "alertmanagerconfig": routing,
        **{f"servicemonitor-{name}": content for name, content in monitors.items()},
    }
    return {f"{BASE}/{name}.yaml": YamlDocument(content, __name__) for name, content in contents.items()}
