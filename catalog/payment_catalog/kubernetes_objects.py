"""What Kubernetes objects of every room have in common: their heads, ports, images, and how little a pod may do.

Pods keep to the pod security standard ``restricted`` (https://kubernetes.io/docs/concepts/security/pod-security-standards/)
unless the function that makes them says otherwise. Each function returns a new object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from payment_catalog.errors import ForeseenError
from payment_catalog.grafana_names import LONGEST_PREFIX, uid_prefix
from payment_catalog.release import release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from payment_catalog.settings import Settings

Object: TypeAlias = dict[str, Any]

#: Below the output directory: what every environment has, what one has, and what can be added to one.
BASE = "kubernetes/base"
OVERLAYS = "kubernetes/overlays"
COMPONENTS = "kubernetes/components"

#: The account of our images, which owns nothing in them.
ACCOUNT = 65532

SERVICE_PORT, SERVICE_PORT_NAME = 8080, "http"
EXPORTER_PORT, EXPORTER_PORT_NAME = 9877, "metrics"
#: Fluentd's port has its number in ``fluentd_metrics``.
FLUENTD_PORT_NAME = "metrics"
DNS_PORT, HTTPS_PORT = 53, 443


def head(api_version: str, kind: str, settings: Settings, name: str, labels: dict[str, str]) -> Object:
    """Return the first lines of an object in the service's namespace."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": settings.namespace, "labels": labels},
    }


def image(settings: Settings, program: str) -> str:
    """Return the image of a program, of this version."""
    return f"{settings.registry}/{program}:v{release()}"


def config_map_name(settings: Settings) -> str:
    """Return the runbook's name of the ConfigMap with the service's environment variables."""
    return f"{settings.service}-config"


def secret_name(settings: Settings) -> str:
    """Return the runbook's name of the Secret with the service's secrets."""
    return f"{settings.service}-secrets"


def backups_claim(settings: Settings) -> str:
    """Return the name of the volume claim with the backups."""
    return f"{settings.service}-backups"


def fluentd_name(settings: Settings) -> str:
    """Return what Fluentd's objects are called and labelled; it leaves out log files with ``fluentd`` in their name."""
    return f"{settings.service}-fluentd"


def job_name(settings: Settings, work: str) -> str:
    """Return the name of a job or cron job of the service's; a long service's is cut, as in Grafana.

    A CronJob's name has at most 52 characters, as a Job's has 63 and gets eleven more
    (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/).
    """
    service = settings.service
    return f"{service if len(service) <= LONGEST_PREFIX else uid_prefix(settings)}-{work}"


def service_account(settings: Settings, name: str, labels: dict[str, str]) -> Object:
    """Return an account without rights and without a token."""
    return {**head("v1", "ServiceAccount", settings, name, labels), "automountServiceAccountToken": False}


def restricted_pod(account: str, grace_seconds: int) -> Object:
    """Return what every pod begins with: nobody's account, no token, no variables of services."""
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        # Else a service called redis would set REDIS_PORT to tcp://...
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": ACCOUNT,
            "runAsGroup": ACCOUNT,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def with_own_volumes(pod: Object) -> Object:
    """Return ``pod`` with the right to write to its volumes: by the group that they get."""
    group = {"fsGroup": ACCOUNT, "fsGroupChangePolicy": "OnRootMismatch"}
    return {**pod, "securityContext": {**pod["securityContext"], **group}}


def restricted_container() -> Object:
    """Return the security context of every container."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def http_probe(path: str, port: str, *, period: int, failures: int) -> Object:
    """Return a probe that waits five seconds for its answer; ``period`` is in seconds."""
    return {
        "httpGet": {"path": path, "port": port},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def network_policy(
    settings: Settings, name: str, labels: dict[str, str], ingress: list[Object], egress: Iterable[int]
) -> Object:
    """Return a policy for the pods with ``labels``: who comes in, and the TCP ports that they reach, beside DNS.

    Ports and no addresses: databases, S3 and gateways have names, which no policy knows.
    """
    ports = [{"protocol": "TCP", "port": port} for port in sorted(set(egress))]
    return {
        **head("networking.k8s.io/v1", "NetworkPolicy", settings, name, labels),
        "spec": {
            "podSelector": {"matchLabels": labels},
            "policyTypes": ["Ingress", "Egress"],
            # The server drops an empty list: each apply would change the object again. Without one, nobody comes in.
            **({"ingress": ingress} if ingress else {}),
            "egress": [
                {"ports": [{"protocol": "UDP", "port": DNS_PORT}, {"protocol": "TCP", "port": DNS_PORT}]},
                {"ports": ports},
            ],
        },
    }


def prometheus_peer() -> Object:
    """Return the pods of Prometheus in any namespace, as its operator and its Helm charts label them."""
    return {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}


def admitted(peers: list[Object], port: str) -> Object:
    """Return the rule that lets ``peers`` in at a port."""
    return {"from": peers, "ports": [{"protocol": "TCP", "port": port}]}


def replacing(kind: str, name: str, values: Mapping[str, object]) -> Object:
    """Return kustomize's patch that replaces values, by their paths (RFC 6901), of the object of that kind and name."""
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    text = orjson.dumps(operations, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return {"target": {"kind": kind, "name": name}, "patch": text}


def port_of(address: str) -> int:
    """Return the port of a URL or of ``host:port``; raises ForeseenError for one that is none."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ForeseenError(f"{address}: its port is not from 1 to 65535")
    return port or (HTTPS_PORT if parts.scheme == "https" else 80)
