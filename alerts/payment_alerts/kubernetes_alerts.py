"""What kube-state-metrics tells about the namespace of the service: every workload in it, the exporter too.

Where no environment names a kube-state-metrics, there is no series and all of these alerts are silent. Several of them
tell the same: the worst of what they tell counts, once. There is no alert on an autoscaler or a volume: the bundle has
no object of the first kind, and what becomes of backups and of their volume the exporter says. The one CronJob is the
archive's, which has alerts of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_alerts.alert import AlertGroup
from payment_alerts.kubernetes_deployment_alerts import replicas_missing, rollout_stuck
from payment_alerts.kubernetes_pod_alerts import container_out_of_memory, pod_crash_looping, pod_not_ready
from payment_alerts.kubernetes_scenarios import kubernetes_target, with_another_namespace
from payment_alerts.kubernetes_sources_alert import kubernetes_metrics_missing
from payment_catalog.dashboards import Dashboard
from payment_catalog.kubernetes_metrics import KUBE_STATE_METRICS, namespace_of

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog


def kubernetes_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on pods and deployments."""
    target = kubernetes_target(catalog.settings, KUBE_STATE_METRICS)
    ours = namespace_of(KUBE_STATE_METRICS, catalog.settings)
    about_objects = (
        pod_crash_looping(ours, target),
        container_out_of_memory(ours, target),
        pod_not_ready(ours, target),
        rollout_stuck(ours, target),
        replicas_missing(ours, target),
    )
    return AlertGroup(
        "payment-kubernetes",
        "kubernetes.yaml",
        (*map(with_another_namespace, about_objects), kubernetes_metrics_missing(catalog.settings)),
        dashboard=Dashboard.INFRASTRUCTURE,
    )
