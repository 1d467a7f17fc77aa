"""Fluentd on each node: it reads the log files of containers, which are root's, and nothing else of the node.

The pod security standards allow a pod no directory of its node: these pods run where the namespace does not enforce
``baseline`` or ``restricted``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.kubernetes_objects import fluentd_name, head, replacing, restricted_pod
from payment_logging.cluster.pod import (
    checksum,
    container,
    labels,
    shared_key,
    tls_mount,
    tls_volume,
    volumes,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payment_catalog.kubernetes_objects import Object
    from payment_catalog.settings import Settings

NODE = "node"
_ROOT = 0
#: Where containers' files are, and what the files there are links to (the last with Docker only).
_LOG_DIRECTORIES = {
    "containers": "/var/log/containers",
    "pods": "/var/log/pods",
    "docker": "/var/lib/docker/containers",
}
#: Chunks are sent, or written to the disk.
_GRACE_SECONDS = 60


def node(settings: Settings, texts: Mapping[str, str]) -> Object:
    """Return the daemon set with the configuration ``texts``; positions and buffers outlive its pods on the node."""
    return {
        **head("apps/v1", "DaemonSet", settings, fluentd_name(settings), labels(settings, NODE)),
        "spec": {
            "selector": {"matchLabels": labels(settings, NODE)},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": labels(settings, NODE), "annotations": checksum(texts)},
                "spec": _pod(settings),
            },
        },
    }


def forwarder_patch(settings: Settings, texts: Mapping[str, str]) -> Object:
    """Return the patch by which the pods send to aggregators, as ``texts`` configure, instead of writing themselves."""
    pod = "/spec/template/spec"
    mounts = [*_container(settings, [])["volumeMounts"], tls_mount()]
    changes = {
        f"{pod}/volumes": [*_volumes(settings, "logging-forwarder-config"), tls_volume(settings)],
        f"{pod}/containers/0/env": [_node_name(), shared_key(settings)],
        f"{pod}/containers/0/volumeMounts": mounts,
        "/spec/template/metadata/annotations": checksum(texts),
    }
    return replacing("DaemonSet", fluentd_name(settings), changes)


def _pod(settings: Settings) -> Object:
    pod = restricted_pod(fluentd_name(settings), _GRACE_SECONDS)
    return {
        **pod,
        # The filter kubernetes_metadata asks the API server.
        "automountServiceAccountToken": True,
        "securityContext": {
            "runAsUser": _ROOT,
            "runAsGroup": _ROOT,
            "seccompProfile": pod["securityContext"]["seccompProfile"],
        },
        # Control planes and nodes with other taints have logs too.
        "tolerations": [{"operator": "Exists"}],
        "containers": [_container(settings, [_node_name(), *writing(settings)])],
        "volumes": _volumes(settings, "logging-config"),
    }


def _container(settings: Settings, environment: list[Object]) -> Object:
    mounts = [{"name": name, "mountPath": path, "readOnly": True} for name, path in _LOG_DIRECTORIES.items()]
    return container(settings, environment, [], mounts)


def _volumes(settings: Settings, config_map: str) -> list[Object]:
    """Return the volumes. The state lies under ``/var/lib`` on the node, the log directories are mounted into it."""
    state = {"path": f"/var/lib/{fluentd_name(settings)}", "type": "DirectoryOrCreate"}
    return [
        *volumes(config_map),
        {"name": "state", "hostPath": state},
        # Without a type: where there is no Docker, an empty directory does no harm.
        *({"name": name, "hostPath": {"path": path}} for name, path in _LOG_DIRECTORIES.items()),
    ]


def _node_name() -> Object:
    """Return the variable by which the filter watches the pods of its own node only."""
    return {"name": "K8S_NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
