"""The Kubernetes objects that archive log files each night, by the pod security standard ``restricted``.

They expect a volume ``<service>-logs`` with the service's log files. Credentials come with the service account (on EKS
by its annotation ``eks.amazonaws.com/role-arn``), or as a file of boto3's in the Secret ``<service>-log-archive``.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from payment_catalog.documents import YamlDocument
from payment_catalog.durations import format_duration

if TYPE_CHECKING:
    from payment_catalog.documents import Documents
    from payment_catalog.settings import Settings

Object: TypeAlias = dict[str, Any]

#: The image's account. Files are deleted by whoever may write to their folder: the group that the volume gets.
_ACCOUNT = 65532
_SCHEDULE = "17 3 * * *"
_LATEST_START_SECONDS = 4 * 3600
#: A run that takes longer is ended, in order; the next night goes on.
_LONGEST_SECONDS = 6 * 3600
_SETTINGS_DIRECTORY = "/etc/payment-observability"
_SETTINGS_FILE = "bundle.yaml"
_SECRETS_DIRECTORY = "/run/secrets/log-archive"
_CREDENTIALS = "credentials"


def kubernetes(settings: Settings) -> Documents:
    """Return the cron job, its account and its settings. None holds a secret."""
    text = _settings(settings)
    objects = {
        "log-archive": _cron_job(settings, text),
        "log-archive-configmap": {**_head("v1", "ConfigMap", settings), "data": {_SETTINGS_FILE: text}},
        "log-archive-serviceaccount": {
            **_head("v1", "ServiceAccount", settings),
            "automountServiceAccountToken": False,
        },
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
            "schedule": _SCHEDULE,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _LATEST_START_SECONDS,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": _labels(settings)},
                "spec": {
                    "activeDeadlineSeconds": _LONGEST_SECONDS,
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
        "serviceAccountName": _name(settings),
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
            {"name": "settings", "configMap": {"name": _name(settings)}},
            {"name": "credentials", "secret": {"secretName": _name(settings), "optional": True, "defaultMode": 0o440}},
            {"name": "logs", "persistentVolumeClaim": {"claimName": f"{settings.service}-logs"}},
        ],
    }


def _container(settings: Settings) -> Object:
    directory = f"/var/log/{settings.service}"
    return {
        "name": "log-archive",
        "image": f"{settings.registry}/payment-observability:v{version('payment-observability')}",
        "args": [
            "archive",
            f"--config={_SETTINGS_DIRECTORY}/{_SETTINGS_FILE}",
            f"--directory={directory}",
            f"--report={directory}/archive.report.json",
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


def _name(settings: Settings) -> str:
    return f"{settings.service}-log-archive"


def _labels(settings: Settings) -> dict[str, str]:
    return {"app": _name(settings)}


def _head(api_version: str, kind: str, settings: Settings) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": _name(settings), "namespace": settings.namespace, "labels": _labels(settings)},
    }
