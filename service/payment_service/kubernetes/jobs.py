"""What is done to the database: a migration with each version, maintenance, backups and their verification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects
from payment_catalog.kubernetes_objects import (
    backups_claim,
    image,
    job_name,
    port_of,
    restricted_container,
    restricted_pod,
    with_own_volumes,
)
from payment_service.kubernetes.environment import (
    DATABASE_SECRETS,
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

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: How many backups there are within the RPO: with one that failed, and one that is being written, it still holds.
BACKUPS_WITHIN_OBJECTIVE = 3
#: How far back backups stay on the volume. A share of them can be copied elsewhere meanwhile.
KEPT = 2 * _DAY
#: What a job is given beside the time limit of its own, so that it ends by itself, and in order.
_BEYOND_OWN_LIMIT = 5 * _MINUTE


@dataclass(frozen=True, slots=True)
class Task:
    """A command of ``payment-service``, when it runs (cron, UTC) and how long it may.

    ``late`` is how much later it may begin; ``backups`` says that it has the volume with the backups.
    """

    name: str
    arguments: tuple[str, ...]
    schedule: str
    late: timedelta
    longest: timedelta
    backups: bool = False


def backup_period(settings: Settings) -> timedelta:
    """Return the time between two backups: whole minutes that divide the hour, at most a third of the RPO."""
    most = settings.recovery.point_objective / BACKUPS_WITHIN_OBJECTIVE
    return max(
        minutes * _MINUTE for minutes in range(1, 61) if 60 % minutes == 0 and minutes * _MINUTE <= max(most, _MINUTE)
    )


def tasks(settings: Settings) -> tuple[Task, ...]:
    """Return what runs again and again, as the runbook has it: maintenance each week, backups by the RPO.

    Verification restores a whole backup; each night, so that one night may fail.
    """
    directory, period = settings.backups.directory, backup_period(settings)
    minutes = period // _MINUTE
    days = max(1, settings.retention.payment_attempts // _DAY)
    return (
        Task("maintenance", ("maintain", f"--retention-days={days}"), "17 2 * * 0", 4 * _HOUR, 4 * _HOUR),
        Task(
            "backup",
            ("backup", f"--directory={directory}", f"--keep={KEPT // period}"),
            f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *",
            period,
            _HOUR,
            backups=True,
        ),
        Task(
            "verification",
            ("verify-backup", f"--directory={directory}"),
            "47 4 * * *",
            4 * _HOUR,
            4 * _HOUR,
            backups=True,
        ),
    )


def cron_jobs(settings: Settings) -> dict[str, Object]:
    """Return the cron job of each task by its name."""
    return {task.name: _cron_job(settings, task) for task in tasks(settings)}


def migration(settings: Settings) -> Object:
    """Return the job that brings the schema up to date; its name has the version, as a job never changes.

    Pods of the new version end at once, and are started again, until it is done.
    """
    program = image(settings, "payment-service")
    name = job_name(settings, f"migration-{program.rpartition(':')[2].replace('.', '-')}")
    task = Task("migration", ("migrate", "up"), "", _HOUR, _HOUR)
    return {
        **kubernetes_objects.head("batch/v1", "Job", settings, name, _labels(settings)),
        "spec": {**_job(settings, task, retries=3), "ttlSecondsAfterFinished": round(_DAY.total_seconds())},
    }


def jobs_network_policy(settings: Settings) -> Object:
    """Let nobody in, and out to the database; raises ForeseenError for an address whose port is none."""
    return kubernetes_objects.network_policy(
        settings, _name(settings), _labels(settings), ingress=[], egress=[port_of(settings.kubernetes.database)]
    )


def backups_volume(settings: Settings) -> Object:
    """Return the claim of the volume with the backups, which the jobs and the exporter have at once."""
    name = backups_claim(settings)
    return {
        **kubernetes_objects.head("v1", "PersistentVolumeClaim", settings, name, labels(settings)),
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "50Gi"}}},
    }


def _cron_job(settings: Settings, task: Task) -> Object:
    name = job_name(settings, task.name)
    return {
        **kubernetes_objects.head("batch/v1", "CronJob", settings, name, _labels(settings)),
        "spec": {
            "schedule": task.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": round(task.late.total_seconds()),
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            # What failed is tried again at the next time, and an alert says so.
            "jobTemplate": {"metadata": {"labels": _labels(settings)}, "spec": _job(settings, task, retries=0)},
        },
    }


def _job(settings: Settings, task: Task, *, retries: int) -> Object:
    return {
        "activeDeadlineSeconds": round((task.longest + _BEYOND_OWN_LIMIT).total_seconds()),
        "backoffLimit": retries,
        "template": {"metadata": {"labels": _labels(settings)}, "spec": _pod(settings, task)},
    }


def _pod(settings: Settings, task: Task) -> Object:
    pod = restricted_pod(settings.service, grace_seconds=60)
    volumes = [secrets_volume(settings, DATABASE_SECRETS), scratch_volume("256Mi")]
    mounts = [secrets_mount(), scratch_mount()]
    if task.backups:
        volumes.append({"name": "backups", "persistentVolumeClaim": {"claimName": backups_claim(settings)}})
        mounts.append({"name": "backups", "mountPath": settings.backups.directory})
        pod = with_own_volumes(pod)
    return {
        "restartPolicy": "Never",
        **pod,
        "containers": [
            {
                "name": task.name,
                "image": image(settings, "payment-service"),
                "args": list(task.arguments),
                **environment(settings, DATABASE_SECRETS),
                "resources": {
                    "requests": {"cpu": "100m", "memory": "256Mi"},
                    "limits": {"cpu": "1000m", "memory": "512Mi"},
                },
                "securityContext": restricted_container(),
                "volumeMounts": mounts,
            }
        ],
        "volumes": volumes,
    }


def _labels(settings: Settings) -> dict[str, str]:
    """Return the jobs' label; the service's own would have them answer requests."""
    return {"app": _name(settings)}


def _name(settings: Settings) -> str:
    return f"{settings.service}-jobs"
