"""The service's pods: the runbook's resources, probes that ask what they mean, an end that loses no request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import (
    SERVICE_PORT,
    SERVICE_PORT_NAME,
    http_probe,
    image,
    restricted_container,
    restricted_pod,
)
from payment_service.kubernetes.environment import (
    SECRETS,
    checksum,
    environment,
    labels,
    scratch_mount,
    scratch_volume,
    secrets_mount,
    secrets_volume,
)

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

#: The runbook's, under *Resource Optimization*.
RESOURCES = {"requests": {"memory": "512Mi", "cpu": "500m"}, "limits": {"memory": "1Gi", "cpu": "1000m"}}

#: After SIGTERM ``/ready`` says 503 and requests are still served, until every node has taken the pod from its tables:
#: what a preStop hook that sleeps would do.
NOTICE_SECONDS = 10
#: Then what is under way ends. The longest operation at the gateway takes 20 s (three times 5 s, and pauses).
DRAIN_SECONDS = 20
_TO_STOP_SECONDS = 15


def deployment(settings: Settings) -> Object:
    """Return the deployment. How many pods it has is the autoscaler's matter: a number here would undo its work."""
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels(settings)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {
        **kubernetes_objects.head("apps/v1", "Deployment", settings, settings.service, labels(settings)),
        "spec": {
            "selector": {"matchLabels": labels(settings)},
            # No pod goes before another is ready.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "template": {
                "metadata": {"labels": labels(settings), "annotations": checksum(settings)},
                "spec": {
                    **restricted_pod(settings.service, NOTICE_SECONDS + DRAIN_SECONDS + _TO_STOP_SECONDS),
                    "topologySpreadConstraints": spread,
                    "containers": [_container(settings)],
                    "volumes": [secrets_volume(settings, SECRETS), scratch_volume("64Mi")],
                },
            },
        },
    }


def _container(settings: Settings) -> Object:
    return {
        "name": settings.service,
        "image": image(settings, "payment-service"),
        "args": [
            "serve",
            "--host=0.0.0.0",
            f"--port={SERVICE_PORT}",
            f"--notice-seconds={NOTICE_SECONDS}",
            f"--drain-seconds={DRAIN_SECONDS}",
        ],
        "ports": [{"name": SERVICE_PORT_NAME, "containerPort": SERVICE_PORT, "protocol": "TCP"}],
        **environment(settings, SECRETS),
        "startupProbe": http_probe("/health", SERVICE_PORT_NAME, period=2, failures=30),
        "readinessProbe": http_probe("/ready", SERVICE_PORT_NAME, period=5, failures=2),
        # Not /ready: a database that is away is not mended by restarting what waits for it.
        "livenessProbe": http_probe("/health", SERVICE_PORT_NAME, period=10, failures=3),
        "resources": RESOURCES,
        "securityContext": restricted_container(),
        "volumeMounts": [secrets_mount(), scratch_mount()],
    }
