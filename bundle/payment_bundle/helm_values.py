"""Values of the chart kube-prometheus-stack, with which it finds our objects.

The names of the values are those of the chart (https://github.com/prometheus-community/helm-charts). With
``…NilUsesHelmValues`` off, Prometheus takes objects that do not carry the release's name.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from payment_alerts.messages import messages
from payment_alerts.operator.names import labels
from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

VALUES = "kubernetes/helm/kube-prometheus-stack.values.yaml"
_KINDS_SELECTED = ("rule", "serviceMonitor", "podMonitor")


def helm_values(catalog: Catalog, members: Sequence[Settings] = ()) -> Documents:
    """Return the values for a service, or for a fleet with its ``members``, whose messages are those of ``catalog``.

    Alertmanager's templates are in them, as no object of the operator holds any.
    """
    content = {
        "prometheus": {"prometheusSpec": _prometheus(catalog.settings)},
        "alertmanager": {
            "alertmanagerSpec": _alertmanager((catalog.settings, *members)),
            "templateFiles": {
                PurePosixPath(path).name: document.text
                for path, document in messages(catalog).items()
                if isinstance(document, TextDocument)
            },
        },
        "grafana": {"sidecar": _sidecar()},
        # Else an alert that informs would be silenced for as long as no other of its namespace fires.
        "defaultRules": {"disabled": {"InfoInhibitor": True}},
    }
    return {VALUES: YamlDocument(content, __name__)}


def _prometheus(settings: Settings) -> Object:
    return {
        **{f"{kind}SelectorNilUsesHelmValues": False for kind in _KINDS_SELECTED},
        "evaluationInterval": format_duration(settings.scraping.evaluation_interval),
        "scrapeInterval": format_duration(settings.scraping.interval),
    }


def _alertmanager(members: Sequence[Settings]) -> Object:
    (label,) = {key for each in members for key in labels(each)}
    return {
        "alertmanagerConfigSelector": _one_of(label, (labels(each)[label] for each in members)),
        "alertmanagerConfigNamespaceSelector": _one_of("kubernetes.io/metadata.name", (it.namespace for it in members)),
        # Else it would see the alerts only that have the namespace as a label, which the Watchdog has not.
        "alertmanagerConfigMatcherStrategy": {"type": "None"},
    }


def _one_of(label: str, values: Iterable[str]) -> Object:
    return {"matchExpressions": [{"key": label, "operator": "In", "values": sorted(set(values))}]}


def _sidecar() -> Object:
    found = {"enabled": True, "labelValue": "1", "searchNamespace": "ALL"}
    return {
        "dashboards": {
            **found,
            "label": "grafana_dashboard",
            "folderAnnotation": "grafana_folder",
            "provider": {"foldersFromFilesStructure": True, "allowUiUpdates": False},
        },
        "datasources": {**found, "label": "grafana_datasource"},
    }
