"""ConfigMaps by which the sidecar of Grafana's Helm chart finds dashboards and data sources."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from payment_catalog.documents import JsonDocument, YamlDocument
from payment_catalog.errors import ForeseenError
from payment_catalog.grafana_names import folder_title, uid_prefix
from payment_catalog.kubernetes_objects import BASE
from payment_dashboards.provisioning import DASHBOARDS, data_sources

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents

#: Of all data in a ConfigMap. Source: https://kubernetes.io/docs/concepts/configuration/configmap/.
MOST_BYTES = 1024 * 1024


def sidecar(catalog: Catalog, dashboards: Documents) -> Documents:
    """Return a ConfigMap for each of ``dashboards`` and one for the data sources.

    Raises ForeseenError for a dashboard that no ConfigMap holds.
    """
    prefix = uid_prefix(catalog.settings)
    text: str = yaml.dump(data_sources(catalog.settings), Dumper=yaml.CSafeDumper, sort_keys=False)
    sources = _config_map(
        catalog, f"grafana-datasources-{prefix}", {"labels": {"grafana_datasource": "1"}}, {f"{prefix}.yaml": text}
    )
    return {
        **dashboard_config_maps(catalog, dashboards),
        f"{BASE}/grafana-datasources.yaml": YamlDocument(sources, __name__),
    }


def dashboard_config_maps(catalog: Catalog, dashboards: Documents) -> Documents:
    """Return a list with a ConfigMap for each of ``dashboards``; raises ForeseenError for one that none holds."""
    found = [
        _config_map(
            catalog,
            f"grafana-dashboard-{PurePosixPath(path).stem}",
            {"labels": {"grafana_dashboard": "1"}, "annotations": {"grafana_folder": folder_title(catalog.settings)}},
            {PurePosixPath(path).name: document.text},
        )
        for path, document in dashboards.items()
        if path.startswith(DASHBOARDS) and isinstance(document, JsonDocument)
    ]
    content = {"apiVersion": "v1", "kind": "List", "items": found}
    return {f"{BASE}/grafana-dashboards.yaml": YamlDocument(content, __name__)}


def _config_map(
    catalog: Catalog, name: str, metadata: dict[str, dict[str, str]], data: dict[str, str]
) -> dict[str, Any]:
    size = sum(len(text.encode()) for text in data.values())
    if size > MOST_BYTES:
        raise ForeseenError(f"{', '.join(data)}: {size} bytes, more than the {MOST_BYTES} that a ConfigMap holds")
    labels = {"app": catalog.settings.service, **metadata["labels"]}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": catalog.settings.namespace, **metadata, "labels": labels},
        "data": data,
    }
