"""The Kubernetes objects that the exporter runs as, one file for each.

They expect what the runbook names: the service's ConfigMap and Secret, and beside them a volume with its backups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import BASE
from payment_exporter.kubernetes.access import network_policy, service, service_account
from payment_exporter.kubernetes.deployment import config_map, deployment
from payment_exporter.kubernetes.measured import exporter_configuration

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def kubernetes(catalog: Catalog) -> Documents:
    """Return account, configuration, deployment, service and network policy of the exporter. None holds a secret.

    Raises ForeseenError for an address of the settings whose port is none.
    """
    settings = catalog.settings
    configuration = exporter_configuration(settings)
    content = configuration.model_dump(mode="json", exclude_unset=True)
    text: str = yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False)
    objects = {
        "serviceaccount": service_account(settings),
        "configmap": config_map(settings, text),
        "deployment": deployment(settings, text),
        "service": service(settings),
        "networkpolicy": network_policy(settings, configuration),
    }
    return {f"{BASE}/payment-exporter-{kind}.yaml": YamlDocument(it, __name__) for kind, it in objects.items()}
