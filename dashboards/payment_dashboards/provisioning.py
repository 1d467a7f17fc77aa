"""Files by which Grafana finds its data source and the dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import YamlDocument

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def provisioning(catalog: Catalog) -> Documents:
    """Return the data source and the dashboard provider."""
    data_source = {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": "prometheus",
                "type": "prometheus",
                "access": "proxy",
                "url": catalog.settings.urls.prometheus,
                "isDefault": True,
                "editable": False,
            }
        ],
    }
    provider = {
        "apiVersion": 1,
        "providers": [
            {
                "name": "payment-observability",
                "folder": "Payments",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "options": {"path": "/var/lib/grafana/dashboards"},
            }
        ],
    }
    return {
        "grafana/provisioning/datasources/prometheus.yaml": YamlDocument(data_source, __name__),
        "grafana/provisioning/dashboards/payment.yaml": YamlDocument(provider, __name__),
    }
