"""Fluentd's configurations, the Kubernetes objects that run them, and the job that archives log files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import TextDocument, YamlDocument
from payment_catalog.kubernetes_objects import BASE, head
from payment_logging.archive.kubernetes import kubernetes
from payment_logging.cluster import AGGREGATORS, cluster
from payment_logging.fluentd import Include, print_sections
from payment_logging.variants import Variant, parts

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

MAIN = "fluent.conf"
#: Directories below the output directory, of the files and of the ConfigMap, and the ConfigMap's name.
_PLACES = {
    Variant.NODE: ("fluentd", BASE, "logging-config"),
    Variant.FORWARDER: ("fluentd/forwarder", AGGREGATORS, "logging-forwarder-config"),
    Variant.AGGREGATOR: ("fluentd/aggregator", AGGREGATORS, "logging-aggregator-config"),
}


def generate(catalog: Catalog) -> Documents:
    """Return ``fluent.conf`` and its parts for each variant, ConfigMaps with the same texts, and what runs by them.

    Raises ForeseenError for an address of the settings whose port is none.
    """
    settings = catalog.settings
    configurations = {variant: configuration(variant, settings) for variant in Variant}
    documents: dict[str, TextDocument | YamlDocument] = {}
    for variant, (directory, objects, config_map) in _PLACES.items():
        texts = configurations[variant]
        documents |= {f"{directory}/{file}": TextDocument(text, __name__) for file, text in texts.items()}
        documents[f"{objects}/{config_map}.yaml"] = _config_map(config_map, texts, settings)
    return {**documents, **cluster(settings, configurations), **kubernetes(settings)}


def configuration(variant: Variant, settings: Settings) -> dict[str, str]:
    """Return the texts of a whole configuration by file name, ``fluent.conf`` first."""
    files = parts(variant, settings)
    main = print_sections(Include(part.file) for part in files)
    return {MAIN: main} | {part.file: print_sections(part.sections) for part in files}


def _config_map(name: str, texts: dict[str, str], settings: Settings) -> YamlDocument:
    content = {**head("v1", "ConfigMap", settings, name, {"app": settings.service}), "data": texts}
    return YamlDocument(content, __name__)
