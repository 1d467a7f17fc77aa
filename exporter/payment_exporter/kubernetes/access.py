"""Who reaches the exporter, and what it may reach: account, service, network policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import EXPORTER_PORT, EXPORTER_PORT_NAME, admitted, port_of, prometheus_peer
from payment_exporter.kubernetes.names import head, labels

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings
    from payment_exporter.configuration import Configuration


def service_account(settings: Settings) -> Object:
    """Return an account without rights and without a token."""
    return kubernetes_objects.service_account(settings, settings.exporter, labels(settings))


def service(settings: Settings) -> Object:
    """Return the name and port that Prometheus scrapes.

    It is named in ``prometheus.yml``: annotations that invite to scrape the pods would have them scraped twice.
    """
    port = {"name": EXPORTER_PORT_NAME, "protocol": "TCP", "port": EXPORTER_PORT, "targetPort": EXPORTER_PORT_NAME}
    return {**head("v1", "Service", settings), "spec": {"selector": labels(settings), "ports": [port]}}


def network_policy(settings: Settings, configuration: Configuration) -> Object:
    """Let in the cluster's Prometheus and nobody else, and out to the ports of what is measured.

    Raises ForeseenError for an address whose port is none.
    """
    collectors, named = configuration.collectors, settings.kubernetes
    measured = (
        *(named.database, named.redis, named.gateway),
        *(collectors.elasticsearch.urls if collectors.elasticsearch.enabled else ()),
        *collectors.probe.targets,
    )
    return kubernetes_objects.network_policy(
        settings,
        settings.exporter,
        labels(settings),
        ingress=[admitted([prometheus_peer()], EXPORTER_PORT_NAME)],
        egress=map(port_of, measured),
    )
