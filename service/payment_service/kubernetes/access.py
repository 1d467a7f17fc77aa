"""Who reaches the service, and what it may reach: account, service, network policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import SERVICE_PORT, SERVICE_PORT_NAME, admitted, port_of, prometheus_peer
from payment_service.kubernetes.environment import labels

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings


def service_account(settings: Settings) -> Object:
    """Return an account without rights and without a token."""
    return kubernetes_objects.service_account(settings, settings.service, labels(settings))


def service(settings: Settings) -> Object:
    """Return the name and port that the ingress, the exporter and Prometheus ask."""
    port = {"name": SERVICE_PORT_NAME, "protocol": "TCP", "port": SERVICE_PORT, "targetPort": SERVICE_PORT_NAME}
    return {
        **kubernetes_objects.head("v1", "Service", settings, settings.service, labels(settings)),
        "spec": {"selector": labels(settings), "ports": [port]},
    }


def network_policy(settings: Settings) -> Object:
    """Let in the ingress controller, Prometheus and the exporter, and out to database, Redis and gateway.

    Whoever comes in at the port reaches ``/metrics`` too: keep that path from the ingress. The debug port listens on
    the loopback address only. Raises ForeseenError for an address whose port is none.
    """
    named = settings.kubernetes
    ingress_controller = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": named.ingress_namespace}}
    }
    exporter = {"podSelector": {"matchLabels": {"app": settings.exporter}}}
    return kubernetes_objects.network_policy(
        settings,
        settings.service,
        labels(settings),
        ingress=[admitted([ingress_controller, prometheus_peer(), exporter], SERVICE_PORT_NAME)],
        egress=map(port_of, (named.database, named.redis, named.gateway)),
    )
