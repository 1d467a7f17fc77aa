"""Who reaches the exporter, and what it may reach: account, service, network policy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payment_catalog.errors import ForeseenError
from payment_exporter.kubernetes.names import PORT, PORT_NAME, Object, head, labels

if TYPE_CHECKING:
    from payment_catalog.settings import Settings
    from payment_exporter.configuration import Configuration

_DNS = 53
#: Where database, cache and gateway usually listen; they are named by the service's ConfigMap, unknown here.
_USUAL_PORTS = (443, 5432, 6379)


def service_account(settings: Settings) -> Object:
    """Return an account without rights and without a token."""
    return {**head("v1", "ServiceAccount", settings), "automountServiceAccountToken": False}


def service(settings: Settings) -> Object:
    """Return the name and port that Prometheus scrapes.

    It is named in ``prometheus.yml``: annotations that invite to scrape the pods would have them scraped twice.
    """
    return {
        **head("v1", "Service", settings),
        "spec": {
            "selector": labels(settings),
            "ports": [{"name": PORT_NAME, "protocol": "TCP", "port": PORT, "targetPort": PORT_NAME}],
        },
    }


def network_policy(settings: Settings, configuration: Configuration) -> Object:
    """Let in the cluster's Prometheus and nobody else, and out to the ports of what is measured.

    Prometheus is known by ``app.kubernetes.io/name: prometheus``, as its operator and its Helm chart label it.
    Raises ForeseenError for an address whose port is none.
    """
    collectors = configuration.collectors
    urls = (*(collectors.elasticsearch.urls if collectors.elasticsearch.enabled else ()), *collectors.probe.targets)
    prometheus = {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}
    return {
        **head("networking.k8s.io/v1", "NetworkPolicy", settings),
        "spec": {
            "podSelector": {"matchLabels": labels(settings)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": {}, "podSelector": prometheus}],
                    "ports": [{"protocol": "TCP", "port": PORT_NAME}],
                }
            ],
            "egress": [
                {"ports": [{"protocol": "UDP", "port": _DNS}, {"protocol": "TCP", "port": _DNS}]},
                {
                    "ports": [
                        {"protocol": "TCP", "port": port} for port in sorted({*_USUAL_PORTS, *map(_port_of, urls)})
                    ]
                },
            ],
        },
    }


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ForeseenError(f"{url}: its port is not from 1 to 65535")
    return port or (443 if parts.scheme == "https" else 80)
