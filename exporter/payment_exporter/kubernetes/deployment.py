"""The exporter's pod, by the pod security standard ``restricted``, and the configuration file that it reads."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from payment_catalog.kubernetes_objects import (
    EXPORTER_PORT,
    EXPORTER_PORT_NAME,
    backups_claim,
    config_map_name,
    http_probe,
    restricted_container,
    restricted_pod,
    secret_name,
)
from payment_exporter.kubernetes.names import (
    CONFIGURATION_FILE,
    DATABASE_PASSWORD_FILE,
    ELASTICSEARCH_KEY_FILE,
    SECRETS_DIRECTORY,
    head,
    image,
    labels,
)

if TYPE_CHECKING:
    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

_CONFIGURATION_DIRECTORY = "/etc/payment-exporter"
_HEALTH = "/-/healthy"
#: Keys of the service's ConfigMap, and whether the exporter does without.
_VARIABLES = {
    "DB_HOST": False,
    "DB_PORT": True,
    "DB_USER": True,
    "DB_NAME": True,
    "REDIS_HOST": True,
    "REDIS_PORT": True,
    "FIUU_BASE_URL": True,
}


def config_map(settings: Settings, configuration: str) -> Object:
    """Return the object that carries the configuration file."""
    return {
        **head("v1", "ConfigMap", settings, _config_map_name(settings)),
        "data": {CONFIGURATION_FILE: configuration},
    }


def deployment(settings: Settings, configuration: str) -> Object:
    """Return the deployment; another configuration makes another pod.

    One pod is enough, two do no harm. A pod ends before the next one begins, so that a volume of backups that only
    one node can mount goes along.
    """
    digest = hashlib.sha256(configuration.encode()).hexdigest()
    return {
        **head("apps/v1", "Deployment", settings),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels(settings)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": labels(settings), "annotations": {"checksum/config": digest}},
                "spec": _pod(settings),
            },
        },
    }


def _pod(settings: Settings) -> Object:
    return {
        **restricted_pod(settings.exporter, grace_seconds=20),
        "containers": [_container(settings)],
        "volumes": _volumes(settings),
    }


def _container(settings: Settings) -> Object:
    return {
        "name": settings.exporter,
        "image": image(settings),
        "args": [f"--config.file={_CONFIGURATION_DIRECTORY}/{CONFIGURATION_FILE}"],
        "ports": [{"name": EXPORTER_PORT_NAME, "containerPort": EXPORTER_PORT, "protocol": "TCP"}],
        "env": [
            *(_variable(settings, name, optional) for name, optional in _VARIABLES.items()),
            {"name": "DB_PASSWORD_FILE", "value": DATABASE_PASSWORD_FILE},
        ],
        "startupProbe": http_probe(_HEALTH, EXPORTER_PORT_NAME, period=1, failures=60),
        "readinessProbe": http_probe(_HEALTH, EXPORTER_PORT_NAME, period=10, failures=3),
        "livenessProbe": http_probe(_HEALTH, EXPORTER_PORT_NAME, period=15, failures=4),
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
        "securityContext": restricted_container(),
        "volumeMounts": [
            # Directories: a file mounted by itself would never change.
            {"name": "configuration", "mountPath": _CONFIGURATION_DIRECTORY, "readOnly": True},
            {"name": "secrets", "mountPath": SECRETS_DIRECTORY, "readOnly": True},
            {"name": "backups", "mountPath": settings.backups.directory, "readOnly": True},
        ],
    }


def _variable(settings: Settings, name: str, optional: bool) -> Object:
    reference = {"name": config_map_name(settings), "key": name, "optional": optional}
    return {"name": name, "valueFrom": {"configMapKeyRef": reference}}


def _volumes(settings: Settings) -> list[Object]:
    database = _secret(secret_name(settings), "DB_PASSWORD", DATABASE_PASSWORD_FILE, optional=False)
    logs = _secret(f"{settings.exporter}-secrets", "ELASTICSEARCH_API_KEY", ELASTICSEARCH_KEY_FILE, optional=True)
    claim = {"claimName": backups_claim(settings), "readOnly": True}
    return [
        {"name": "configuration", "configMap": {"name": _config_map_name(settings)}},
        {"name": "secrets", "projected": {"defaultMode": 0o444, "sources": [database, logs]}},
        {"name": "backups", "persistentVolumeClaim": claim},
    ]


def _secret(name: str, key: str, file: str, *, optional: bool) -> Object:
    """Return one key of a secret as a file; a missing optional one fails only the collector that reads it."""
    path = file.removeprefix(f"{SECRETS_DIRECTORY}/")
    return {"secret": {"name": name, "items": [{"key": key, "path": path}], "optional": optional}}


def _config_map_name(settings: Settings) -> str:
    return f"{settings.exporter}-config"
