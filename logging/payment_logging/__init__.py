"""Fluentd's configurations, the ConfigMaps that carry them, and the job that archives log files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import TextDocument, YamlDocument
from payment_logging.archive.kubernetes import kubernetes
from payment_logging.fluentd import Include, print_sections
from payment_logging.variants import Variant, parts

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

MAIN = "fluent.conf"
#: Directory below the output directory, and name of the ConfigMap.
_PLACES = {
    Variant.NODE: ("fluentd", "logging-config"),
    Variant.FORWARDER: ("fluentd/forwarder", "logging-forwarder-config"),
    Variant.AGGREGATOR: ("fluentd/aggregator", "logging-aggregator-config"),
}


def generate(catalog: Catalog) -> Documents:
    """Return ``fluent.conf`` with its parts for each variant, ConfigMaps with the same texts, and the archive's job."""
    documents: dict[str, TextDocument | YamlDocument] = {}
    for variant, (directory, config_map) in _PLACES.items():
        texts = configuration(variant, catalog.settings)
        documents |= {f"{directory}/{file}": TextDocument(text, __name__) for file, text in texts.items()}
        documents[f"kubernetes/{config_map}.yaml"] = _config_map(config_map, texts, catalog.settings)
    return {**documents, **kubernetes(catalog.settings)}


def configuration(variant: Variant, settings: Settings) -> dict[str, str]:
    """Return the texts of a whole configuration by file name, ``fluent.conf`` first."""
    files = parts(variant, settings)
    main = print_sections(Include(part.file) for part in files)
    return {MAIN: main} | {part.file: print_sections(part.sections) for part in files}


def _config_map(name: str, texts: dict[str, str], settings: Settings) -> YamlDocument:
    metadata = {"name": name, "namespace": settings.namespace, "labels": {"app": settings.service}}
    return YamlDocument({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": texts}, __name__)
