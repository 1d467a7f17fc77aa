"""Says of each record which pod it is from, by the API server and, where that is away, by the name of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_logging.fluentd import Section
from payment_logging.parts.labels import Stage, send_to, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_logging.fluentd import Value


def kubernetes() -> tuple[Section, ...]:
    """Return the label; what a line itself says of its pod is overwritten."""
    parameters: Mapping[str, Value] = {
        "@type": "kubernetes_metadata",
        "@id": "pods",
        "lookup_from_k8s_field": False,
        "skip_master_url": True,
        "skip_namespace_metadata": True,
    }
    return (stage(Stage.KUBERNETES, Section("filter", "**", parameters), send_to(Stage.COUNT)),)
