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


def operator(catalog: Catalog, groups: Sequence[AlertGroup]) -> Documents:
    """Return the objects for all environments, and for each the monitors that label its series with its name.

    Raises ForeseenError where two secrets of Alertmanager's would have one key.
    """
    settings = catalog.settings
    documents: dict[str, Document] = {
        f"{BASE}/prometheusrule-{name}.yaml": YamlDocument(content, __name__)
        for name, content in prometheus_rules(catalog, groups).items()
    }
    documents[f"{BASE}/alertmanagerconfig.yaml"] = YamlDocument(alertmanager_config(catalog, groups), __name__)
    for name, content in monitoring_monitors(settings).items():
        documents[f"{BASE}/servicemonitor-{name}.yaml"] = YamlDocument(content, __name__)
    for environment in settings.environments:
        content = {"apiVersion": "v1", "kind": "List", "items": environment_monitors(settings, environment)}
        documents[f"{OVERLAYS}/{environment}/{MONITORS_FILE}"] = YamlDocument(content, __name__)
    return documents
