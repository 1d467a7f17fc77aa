"""How Prometheus scrapes what tells about Kubernetes: only series that alerts read, of the service's namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS, KUBERNETES_METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.settings import Settings

#: Where Kubernetes shows a pod its account. Prometheus' own needs the right to get ``nodes/metrics``.
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

_KUBELET = {
    "scheme": "https",
    "metrics_path": "/metrics/cadvisor",
    "authorization": {"credentials_file": f"{_ACCOUNT}/token"},
    "tls_config": {"ca_file": f"{_ACCOUNT}/ca.crt"},
    # With cAdvisor's own times Prometheus would not notice for five minutes that a container is gone.
    "honor_timestamps": False,
}
_REACHED: Mapping[str, Mapping[str, Any]] = {KUBE_STATE_METRICS: {}, CADVISOR: _KUBELET}


def kubernetes_targets(settings: Settings) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return for each job the targets of each environment that names some; a job without any is left out."""
    places = settings.environments.items()
    named = {
        KUBE_STATE_METRICS: {name: place.kube_state_metrics for name, place in places if place.kube_state_metrics},
        CADVISOR: {name: place.kubelet for name, place in places if place.kubelet},
    }
    return {job: targets for job, targets in named.items() if targets}


def kubernetes_job(settings: Settings, job: str) -> Mapping[str, Any]:
    """Return what the scrape of such a job has beside its targets.

    ``honor_labels`` keeps the namespace of the object; the target's own is for ``up``.
    """
    names = "|".join(metric.name for metric in KUBERNETES_METRICS if metric.published_by == job)
    return {
        "honor_labels": True,
        **_REACHED[job],
        "metric_relabel_configs": [
            {
                "source_labels": ["__name__", "namespace"],
                "regex": f"({names});{settings.namespace}",
                "action": "keep",
            }
        ],
    }
