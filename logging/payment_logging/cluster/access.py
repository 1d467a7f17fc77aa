"""What Fluentd may do: see pods, be scraped, and reach what it writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import (
    FLUENTD_PORT_NAME,
    HTTPS_PORT,
    admitted,
    fluentd_name,
    head,
    network_policy,
    port_of,
    prometheus_peer,
)
from payment_logging.cluster.aggregator import AGGREGATOR, PORT_NAME, aggregator_name
from payment_logging.cluster.node import NODE
from payment_logging.cluster.pod import labels
from payment_logging.parts.forwarding import PORT

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

_RBAC = "rbac.authorization.k8s.io"
#: The API server's own port: policies see the address behind its service.
_API_SERVER_PORT = 6443


def service_account(settings: Settings) -> Object:
    """Return the account; on EKS its annotation names the role that may write to S3."""
    return kubernetes_objects.service_account(settings, fluentd_name(settings), {"app": fluentd_name(settings)})


def cluster_role(settings: Settings) -> Object:
    """Return the rights of the filter kubernetes_metadata: it lists and watches pods and namespaces of the cluster."""
    return {
        **_cluster_head("ClusterRole", settings),
        "rules": [{"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["get", "list", "watch"]}],
    }


def cluster_role_binding(settings: Settings) -> Object:
    """Return who has them."""
    name = fluentd_name(settings)
    return {
        **_cluster_head("ClusterRoleBinding", settings),
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": _cluster_name(settings)},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": settings.namespace}],
    }


def node_network_policy(settings: Settings) -> Object:
    """Let Prometheus in, and out to Elasticsearch, S3 and the API server."""
    return network_policy(
        settings,
        fluentd_name(settings),
        labels(settings, NODE),
        ingress=[_scraped()],
        egress=[*_written_to(settings), HTTPS_PORT, _API_SERVER_PORT],
    )


def forwarder_network_policy(settings: Settings) -> Object:
    """Let the nodes out to the aggregators too."""
    return network_policy(
        settings,
        f"{fluentd_name(settings)}-forwarder",
        labels(settings, NODE),
        ingress=[],
        egress=[PORT, *map(port_of, settings.logs.aggregators)],
    )


def aggregator_network_policy(settings: Settings) -> Object:
    """Let Prometheus and the nodes in, and out to Elasticsearch and S3."""
    nodes = {"podSelector": {"matchLabels": labels(settings, NODE)}}
    return network_policy(
        settings,
        aggregator_name(settings),
        labels(settings, AGGREGATOR),
        ingress=[_scraped(), admitted([nodes], PORT_NAME)],
        egress=[*_written_to(settings), HTTPS_PORT],
    )


def _scraped() -> Object:
    return admitted([prometheus_peer()], FLUENTD_PORT_NAME)


def _written_to(settings: Settings) -> list[int]:
    return [port_of(url) for url in settings.logs.elasticsearch]


def _cluster_name(settings: Settings) -> str:
    """Return a name that other namespaces of the cluster do not have."""
    return f"{settings.namespace}-{fluentd_name(settings)}"


def _cluster_head(kind: str, settings: Settings) -> Object:
    content = head(f"{_RBAC}/v1", kind, settings, _cluster_name(settings), {"app": fluentd_name(settings)})
    content["metadata"].pop("namespace")
    return content
