"""The Kubernetes objects that archive log files each night, by the pod security standard ``restricted``.

They expect a volume ``<service>-logs`` with the service's log files. Credentials come with the service account (on EKS
by its annotation ``eks.amazonaws.com/role-arn``), or as a file of boto3's in the Secret ``<service>-log-archive``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration
from payment_catalog.log_archive import LATEST_START, LONGEST_RUN, REPORT_FILE, SCHEDULE, job_name, log_directory
from payment_catalog.release import release

if TYPE_CHECKING:
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

Object: TypeAlias = dict[str, Any]

#: The image's account. Files are deleted by whoever may write to their folder: the group that the volume gets.
_ACCOUNT = 65532
#: Of DNS, and of S3.
_DNS, _HTTPS = 53, 443
_SETTINGS_DIRECTORY = "/etc/payment-observability"
_SETTINGS_FILE = "bundle.yaml"
_SECRETS_DIRECTORY = "/run/secrets/log-archive"
_CREDENTIALS = "credentials"


def kubernetes(settings: Settings) -> Documents:
    """Return the cron job, its account, its settings and its network policy. None holds a secret."""
    text = _settings(settings)
    objects = {
        "log-archive": _cron_job(settings, text),
        "log-archive-configmap": {**_head("v1", "ConfigMap", settings), "data": {_SETTINGS_FILE: text}},
        "log-archive-serviceaccount": {
            **_head("v1", "ServiceAccount", settings),
            "automountServiceAccountToken": False,
        },
        "log-archive-networkpolicy": _network_policy(settings),
    }
    return {f"kubernetes/{name}.yaml": YamlDocument(content, __name__) for name, content in objects.items()}


def _settings(settings: Settings) -> str:
    """Return the part of the settings file that ``payobs archive`` reads."""
    logs = settings.logs
    content = {
        "retention": {"logs": format_duration(settings.retention.logs)},
        "logs": {"s3_bucket": logs.s3_bucket, "s3_region": logs.s3_region, "s3_prefix": logs.s3_prefix},
    }
    text: str = yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False)
    return text


def _cron_job(settings: Settings, text: str) -> Object:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        **_head("batch/v1", "CronJob", settings),
        "spec": {
            "schedule": SCHEDULE,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": int(LATEST_START.total_seconds()),
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": _labels(settings)},
                "spec": {
                    "activeDeadlineSeconds": int(LONGEST_RUN.total_seconds()),
                    # What a second run at once would not mend, the next night's may.
                    "backoffLimit": 1,
                    "ttlSecondsAfterFinished": 7 * 86_400,
                    "template": {
                        "metadata": {"labels": _labels(settings), "annotations": {"checksum/config": digest}},
                        "spec": _pod(settings),
                    },
                },
            },
        },
    }


def _pod(settings: Settings) -> Object:
    return {
        "restartPolicy": "Never",
        "serviceAccountName": job_name(settings),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # An upload that is under way is aborted, and what was begun is tidied up.
        "terminationGracePeriodSeconds": 60,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _ACCOUNT,
            "runAsGroup": _ACCOUNT,
            "fsGroup": _ACCOUNT,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(settings)],
        "volumes": [
            {"name": "settings", "configMap": {"name": job_name(settings)}},
            {
                "name": "credentials",
                "secret": {"secretName": job_name(settings), "optional": True, "defaultMode": 0o440},
            },
            {"name": "logs", "persistentVolumeClaim": {"claimName": f"{settings.service}-logs"}},
        ],
    }


def _container(settings: Settings) -> Object:
    directory = log_directory(settings)
    return {
        "name": "log-archive",
        "image": f"{settings.registry}/payment-observability:v{release()}",
        "args": [
            "archive",
            f"--config={_SETTINGS_DIRECTORY}/{_SETTINGS_FILE}",
            f"--directory={directory}",
            f"--report={directory}/{REPORT_FILE}",
        ],
        "env": [{"name": "AWS_SHARED_CREDENTIALS_FILE", "value": f"{_SECRETS_DIRECTORY}/{_CREDENTIALS}"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "settings", "mountPath": _SETTINGS_DIRECTORY, "readOnly": True},
            {"name": "credentials", "mountPath": _SECRETS_DIRECTORY, "readOnly": True},
            {"name": "logs", "mountPath": directory},
        ],
    }


def _network_policy(settings: Settings) -> Object:
    """Let nobody in, and out to DNS and to HTTPS: S3's addresses change, and no policy knows names."""
    return {
        **_head("networking.k8s.io/v1", "NetworkPolicy", settings),
        "spec": {
            "podSelector": {"matchLabels": _labels(settings)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": [
                {"ports": [{"protocol": "UDP", "port": _DNS}, {"protocol": "TCP", "port": _DNS}]},
                {"ports": [{"protocol": "TCP", "port": _HTTPS}]},
            ],
        },
    }


def _labels(settings: Settings) -> dict[str, str]:
    return {"app": job_name(settings)}


def _head(api_version: str, kind: str, settings: Settings) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": job_name(settings), "namespace": settings.namespace, "labels": _labels(settings)},
    }
