"""Database backups, their verification, and the targets that they are there for."""

from __future__ import annotations

from payment_catalog.metric import Metric, MetricType
from payment_catalog.publishers import EXPORTER

HAS_RUN = "Published when the backup directory holds the report of a run of 'payment-service backup'."
WAS_VERIFIED = "Published when the backup directory holds the report of 'payment-service verify-backup'."

LAST_TIMESTAMP = Metric(
    "backup_last_timestamp_seconds",
    MetricType.GAUGE,
    "When the newest database backup was written, as Unix time.",
    EXPORTER,
    conditional="Published when the backup directory holds a backup.",
)
LAST_SIZE = Metric(
    "backup_last_size_bytes",
    MetricType.GAUGE,
    "Size of the newest database backup.",
    EXPORTER,
    conditional="Published when the backup directory holds a backup.",
)
FILES = Metric(
    "backup_files",
    MetricType.GAUGE,
    "Database backups that the backup directory holds.",
    EXPORTER,
)
LAST_RUN_SUCCESS = Metric(
    "backup_last_run_success",
    MetricType.GAUGE,
    "1 when the last run of 'payment-service backup' made a backup, else 0.",
    EXPORTER,
    conditional=HAS_RUN,
)
LAST_RUN_TIMESTAMP = Metric(
    "backup_last_run_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run of 'payment-service backup' ended, as Unix time.",
    EXPORTER,
    conditional=HAS_RUN,
)
LAST_RUN_DURATION = Metric(
    "backup_last_run_duration_seconds",
    MetricType.GAUGE,
    "How long the last run of 'payment-service backup' took.",
    EXPORTER,
    conditional=HAS_RUN,
)
VERIFICATION_SUCCESS = Metric(
    "backup_verification_success",
    MetricType.GAUGE,
    "1 when the last backup that was verified could be restored to what it was taken from, else 0.",
    EXPORTER,
    conditional=WAS_VERIFIED,
)
VERIFICATION_TIMESTAMP = Metric(
    "backup_verification_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run of 'payment-service verify-backup' ended, as Unix time.",
    EXPORTER,
    conditional=WAS_VERIFIED,
)
RESTORE_DURATION = Metric(
    "backup_restore_duration_seconds",
    MetricType.GAUGE,
    "How long the last verification took to restore the backup; to be compared with the RTO.",
    EXPORTER,
    conditional=f"{WAS_VERIFIED} Absent when the restore was not completed.",
)
RECOVERY_POINT_OBJECTIVE = Metric(
    "backup_recovery_point_objective_seconds",
    MetricType.GAUGE,
    "RPO: the age that the newest backup may reach.",
    EXPORTER,
)
RECOVERY_TIME_OBJECTIVE = Metric(
    "backup_recovery_time_objective_seconds",
    MetricType.GAUGE,
    "RTO: how long an outage may last; a restore must be shorter.",
    EXPORTER,
)

METRICS: tuple[Metric, ...] = (
    LAST_TIMESTAMP,
    LAST_SIZE,
    FILES,
    LAST_RUN_SUCCESS,
    LAST_RUN_TIMESTAMP,
    LAST_RUN_DURATION,
    VERIFICATION_SUCCESS,
    VERIFICATION_TIMESTAMP,
    RESTORE_DURATION,
    RECOVERY_POINT_OBJECTIVE,
    RECOVERY_TIME_OBJECTIVE,
)
