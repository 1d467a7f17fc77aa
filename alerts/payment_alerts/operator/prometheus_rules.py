"""Rule files as objects of kind PrometheusRule, one for each file: an object holds about a megabyte."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from payment_alerts.operator.names import MONITORING_GROUP, labels
from payment_alerts.rules import rules
from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payment_alerts.alert import AlertGroup
    from payment_catalog.catalog import Catalog
    from payment_catalog.kubernetes_objects import Object


def prometheus_rules(catalog: Catalog, groups: Sequence[AlertGroup]) -> dict[str, Object]:
    """Return by the stem of its file's name the object with the same content as each rule file."""
    settings = catalog.settings
    return {
        name: {
            **head(
                f"{MONITORING_GROUP}/v1", "PrometheusRule", settings, f"{settings.service}-{name}", labels(settings)
            ),
            "spec": document.content,
        }
        for path, document in rules(catalog, groups).items()
        if isinstance(document, YamlDocument) and (name := PurePosixPath(path).stem)
    }
