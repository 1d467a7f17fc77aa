"""What the pods of Fluentd have in common: image, configuration, the directory that outlives them, secrets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from payment_catalog.fluentd_metrics import FLUENTD_PORT
from payment_catalog.kubernetes_objects import FLUENTD_PORT_NAME, fluentd_name, http_probe, image, restricted_container
from payment_logging.parts.forwarding import TLS_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

CONTAINER = "fluentd"
CONFIGURATION_DIRECTORY = "/fluentd/etc"
#: Where the configurations keep positions and buffers; see ``parts.tail`` and ``parts.buffers``.
STATE_DIRECTORY = "/var/log"


def labels(settings: Settings, role: str) -> dict[str, str]:
    """Return the labels of the pods that have a role; Prometheus scrapes all with the first one."""
    return {"app": fluentd_name(settings), "role": role}


def secrets_name(settings: Settings) -> str:
    """Return the name of the Secret with Elasticsearch's account, and the key that forwarders and aggregators share."""
    return f"{fluentd_name(settings)}-secrets"


def checksum(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the annotation by which another configuration makes other pods."""
    return {"checksum/config": hashlib.sha256("".join(texts.values()).encode()).hexdigest()}


def container(settings: Settings, environment: list[Object], ports: list[Object], mounts: list[Object]) -> Object:
    """Return Fluentd's container, which has no file to write to but its state and its scratch space.

    Restarted when it has not answered for two minutes: a start reads all plugins, and a full buffer is no reason.
    """
    return {
        "name": CONTAINER,
        "image": image(settings, "fluentd"),
        "command": ["fluentd", f"--config={CONFIGURATION_DIRECTORY}/fluent.conf", "--strict-config-value"],
        "env": environment,
        "ports": [{"name": FLUENTD_PORT_NAME, "containerPort": FLUENTD_PORT, "protocol": "TCP"}, *ports],
        "startupProbe": http_probe("/metrics", FLUENTD_PORT_NAME, period=5, failures=24),
        "livenessProbe": http_probe("/metrics", FLUENTD_PORT_NAME, period=30, failures=4),
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "1000m", "memory": "512Mi"},
        },
        "securityContext": restricted_container(),
        "volumeMounts": [
            {"name": "configuration", "mountPath": CONFIGURATION_DIRECTORY, "readOnly": True},
            {"name": "state", "mountPath": STATE_DIRECTORY},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - it is the pod's own
            *mounts,
        ],
    }


def volumes(config_map: str) -> list[Object]:
    """Return the volumes that every pod has, beside the one with its state."""
    return [
        {"name": "configuration", "configMap": {"name": config_map}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}},
    ]


def writing(settings: Settings) -> list[Object]:
    """Return the variables of a Fluentd that writes to Elasticsearch; S3's account is the pod's own."""
    return [_secret(settings, name) for name in ("ELASTICSEARCH_USER", "ELASTICSEARCH_PASSWORD")]


def shared_key(settings: Settings) -> Object:
    """Return the variable by which forwarders and aggregators know each other."""
    return _secret(settings, "FLUENTD_SHARED_KEY")


def tls_volume(settings: Settings) -> Object:
    """Return the volume with ``tls.crt``, ``tls.key`` and ``ca.crt``."""
    return {"name": "tls", "secret": {"secretName": f"{fluentd_name(settings)}-tls", "defaultMode": 0o440}}


def tls_mount() -> Object:
    """Return where the configurations look for them."""
    return {"name": "tls", "mountPath": TLS_DIRECTORY, "readOnly": True}


def _secret(settings: Settings, key: str) -> Object:
    """Return a variable from the Secret: Fluentd's configurations read variables, and no file."""
    return {"name": key, "valueFrom": {"secretKeyRef": {"name": secrets_name(settings), "key": key}}}
