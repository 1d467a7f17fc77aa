"""How many pods of the service there are, and how many may go at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.thresholds import ThresholdKey
from payment_service.kubernetes.environment import labels

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

_QUIET_SECONDS = 300


def disruption_budget(settings: Settings) -> Object:
    """Return the budget: one pod at a time, which a single replica does not stand against either."""
    return {
        **kubernetes_objects.head("policy/v1", "PodDisruptionBudget", settings, settings.service, labels(settings)),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": labels(settings)},
            # A pod that is not ready serves nobody, and may go.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def autoscaler(settings: Settings) -> Object:
    """Return the autoscaler, which keeps processors below the runbook's limit, as a share of what pods request.

    Not by memory: it does not go down again when load does.
    """
    limit = settings.threshold(ThresholdKey.CPU_USAGE)
    share = limit.warning or limit.critical or 1
    named = settings.kubernetes
    return {
        **kubernetes_objects.head(
            "autoscaling/v2", "HorizontalPodAutoscaler", settings, settings.service, labels(settings)
        ),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": settings.service},
            "minReplicas": named.replicas,
            "maxReplicas": named.most_replicas,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": max(1, round(share * 100))},
                    },
                }
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": _QUIET_SECONDS}},
        },
    }
