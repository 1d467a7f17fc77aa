"""Fluentd in the middle of a large cluster: forwarders send to it, and it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.kubernetes_objects import fluentd_name, head, port_of, restricted_pod, with_own_volumes
from payment_logging.cluster.pod import (
    checksum,
    container,
    labels,
    shared_key,
    tls_mount,
    tls_volume,
    volumes,
    writing,
)
from payment_logging.parts.forwarding import PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

AGGREGATOR = "aggregator"
PORT_NAME = "forward"
_REPLICAS = 2
#: Both outputs' buffers, of 4 GiB each, and what could not be delivered.
_STATE_SIZE = "20Gi"
_GRACE_SECONDS = 120


def aggregator(settings: Settings, texts: Mapping[str, str]) -> Object:
    """Return the stateful set with the configuration ``texts``; each pod keeps its buffers on a volume of its own."""
    own = labels(settings, AGGREGATOR)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": _STATE_SIZE}}}
    port = {"name": PORT_NAME, "containerPort": PORT, "protocol": "TCP"}
    return {
        **head("apps/v1", "StatefulSet", settings, aggregator_name(settings), own),
        "spec": {
            "replicas": _REPLICAS,
            "serviceName": aggregator_name(settings),
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": own},
            "template": {
                "metadata": {"labels": own, "annotations": checksum(texts)},
                "spec": {
                    **with_own_volumes(restricted_pod(fluentd_name(settings), _GRACE_SECONDS)),
                    "containers": [
                        container(settings, [shared_key(settings), *writing(settings)], [port], [tls_mount()])
                    ],
                    "volumes": [*volumes("logging-aggregator-config"), tls_volume(settings)],
                },
            },
            "volumeClaimTemplates": [{"metadata": {"name": "state"}, "spec": claim}],
        },
    }


def aggregator_service(settings: Settings) -> Object:
    """Return the name that the forwarders know, of the first of ``logs.aggregators``."""
    own = labels(settings, AGGREGATOR)
    port = {
        "name": PORT_NAME,
        "protocol": "TCP",
        "port": port_of(settings.logs.aggregators[0]),
        "targetPort": PORT_NAME,
    }
    return {
        **head("v1", "Service", settings, aggregator_name(settings), own),
        "spec": {"selector": own, "ports": [port]},
    }


def aggregator_name(settings: Settings) -> str:
    """Return the first label of the first aggregator's host name."""
    return settings.logs.aggregators[0].rpartition(":")[0].partition(".")[0]
