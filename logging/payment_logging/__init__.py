"""Fluentd's configuration, the ConfigMap that carries it, and the job that archives log files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import TextDocument, YamlDocument
from payment_logging.archive.kubernetes import kubernetes
from payment_logging.fluentd import print_sections
from payment_logging.pipeline import pipeline

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents


def generate(catalog: Catalog) -> Documents:
    """Return ``fluent.conf`` and the ConfigMap ``logging-config`` with the same text, and the archive's objects."""
    text = print_sections(pipeline(catalog.settings))
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "logging-config",
            "namespace": catalog.settings.namespace,
            "labels": {"app": catalog.settings.service},
        },
        "data": {"fluent.conf": text},
    }
    return {
        "fluentd/fluent.conf": TextDocument(text, __name__),
        "kubernetes/logging-config.yaml": YamlDocument(config_map, __name__),
        **kubernetes(catalog.settings),
    }
