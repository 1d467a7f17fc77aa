"""Fluentd in Kubernetes: a pod on each node, and aggregators for a large cluster as a component of kustomize's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.documents import YamlDocument
from payment_catalog.kubernetes_objects import BASE, COMPONENTS
from payment_logging.cluster.access import (
    aggregator_network_policy,
    cluster_role,
    cluster_role_binding,
    forwarder_network_policy,
    node_network_policy,
    service_account,
)
from payment_logging.cluster.aggregator import aggregator, aggregator_service
from payment_logging.cluster.node import forwarder_patch, node
from payment_logging.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.documents import Document, Documents
    from payment_catalog.settings import Settings

#: Below ``kubernetes/components``.
AGGREGATORS = f"{COMPONENTS}/log-aggregators"


def cluster(settings: Settings, texts: Mapping[Variant, Mapping[str, str]]) -> Documents:
    """Return the objects that run the configurations ``texts`` of Fluentd, without those configurations.

    Raises ForeseenError for an address of Elasticsearch or of an aggregator whose port is none.
    """
    on_nodes = {
        "serviceaccount": service_account(settings),
        "clusterrole": cluster_role(settings),
        "clusterrolebinding": cluster_role_binding(settings),
        "networkpolicy": node_network_policy(settings),
        "daemonset": node(settings, texts[Variant.NODE]),
    }
    aggregating = {
        "statefulset": aggregator(settings, texts[Variant.AGGREGATOR]),
        "service": aggregator_service(settings),
        "networkpolicy": aggregator_network_policy(settings),
        "forwarder-networkpolicy": forwarder_network_policy(settings),
    }
    documents: dict[str, Document] = {
        **{f"{BASE}/fluentd-{kind}.yaml": YamlDocument(it, __name__) for kind, it in on_nodes.items()},
        **{f"{AGGREGATORS}/fluentd-{kind}.yaml": YamlDocument(it, __name__) for kind, it in aggregating.items()},
    }
    component = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "resources": [
            "logging-aggregator-config.yaml",
            "logging-forwarder-config.yaml",
            *(f"fluentd-{kind}.yaml" for kind in aggregating),
        ],
        "patches": [forwarder_patch(settings, texts[Variant.FORWARDER])],
    }
    return {**documents, f"{AGGREGATORS}/kustomization.yaml": YamlDocument(component, __name__)}
