"""Metrics that the payment exporter publishes on ``/metrics``."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import (
    CpuMode,
    Currency,
    ExporterCollector,
    FailureReason,
    NetworkDirection,
    PaymentMethod,
    PaymentStatus,
    RefundStatus,
    values,
)

POSTGRESQL_ONLY = "Published for PostgreSQL; SQLite has no server whose statements could be slow."
BACKUP_HAS_RUN = "Published when the backup directory holds the report of a run of 'payment-service backup'."
BACKUP_WAS_VERIFIED = "Published when the backup directory holds the report of 'payment-service verify-backup'."

CURRENCY = Label("currency", values(Currency))
COLLECTOR = Label("collector", values(ExporterCollector))
MOUNTPOINT = Label("mountpoint", bound="the file systems that --collector.host.mountpoint names")
DEVICE = Label("device", bound="the host's network interfaces, without loopback unless it is the only one")

BUSINESS_PAYMENTS = Metric(
    "business_payments_total",
    MetricType.COUNTER,
    "Payments in the database that reached a final status.",
    EXPORTER,
    (
        Label("method", values(PaymentMethod)),
        Label("status", (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED)),
        CURRENCY,
    ),
)
BUSINESS_REVENUE = Metric(
    "business_revenue_minor_units_total",
    MetricType.COUNTER,
    "Amount of succeeded payments in minor units of the currency (sen, cents).",
    EXPORTER,
    (CURRENCY,),
)
BUSINESS_CURRENCY_MINOR_UNITS = Metric(
    "business_currency_minor_units",
    MetricType.GAUGE,
    "Minor units in one unit of the currency (ISO 4217); divide a revenue by it.",
    EXPORTER,
    (CURRENCY,),
)
BUSINESS_FAILURES = Metric(
    "business_payment_failures_total",
    MetricType.COUNTER,
    "Failed payments in the database by reason.",
    EXPORTER,
    (Label("reason", values(FailureReason)),),
)
BUSINESS_REFUNDS = Metric(
    "business_refunds_total",
    MetricType.COUNTER,
    "Refunds in the database that reached a final status.",
    EXPORTER,
    (Label("status", (RefundStatus.SUCCEEDED, RefundStatus.FAILED)), CURRENCY),
)
DATABASE_SIZE = Metric(
    "database_size_bytes",
    MetricType.GAUGE,
    "Size of the payment database on disk.",
    EXPORTER,
)
DATABASE_OLDEST_ATTEMPT = Metric(
    "database_oldest_payment_attempt_timestamp_seconds",
    MetricType.GAUGE,
    "When the oldest row of payment_attempts was created, as Unix time.",
    EXPORTER,
    conditional="Published when payment_attempts has a row.",
)
DATABASE_LONGEST_QUERY = Metric(
    "database_longest_query_seconds",
    MetricType.GAUGE,
    "Age of the oldest statement that runs now; 0 when none runs.",
    EXPORTER,
    conditional=POSTGRESQL_ONLY,
)
DATABASE_SLOWEST_STATEMENT = Metric(
    "database_slowest_statement_mean_seconds",
    MetricType.GAUGE,
    "Largest mean execution time among the statements of pg_stat_statements.",
    EXPORTER,
    conditional=f"{POSTGRESQL_ONLY} Needs the extension pg_stat_statements.",
)
HOST_CPU = Metric(
    "host_cpu_seconds_total",
    MetricType.COUNTER,
    "Time that the host's processors spent, summed over them.",
    EXPORTER,
    (Label("mode", values(CpuMode)),),
)
HOST_MEMORY_TOTAL = Metric("host_memory_total_bytes", MetricType.GAUGE, "Memory that the host has.", EXPORTER)
HOST_MEMORY_AVAILABLE = Metric(
    "host_memory_available_bytes",
    MetricType.GAUGE,
    "Memory that can be given to programs without swapping.",
    EXPORTER,
)
HOST_DISK_SIZE = Metric("host_disk_size_bytes", MetricType.GAUGE, "Size of the file system.", EXPORTER, (MOUNTPOINT,))
HOST_DISK_AVAILABLE = Metric(
    "host_disk_available_bytes",
    MetricType.GAUGE,
    "Space of the file system that is left to unprivileged programs.",
    EXPORTER,
    (MOUNTPOINT,),
)
HOST_NETWORK = Metric(
    "host_network_bytes_total",
    MetricType.COUNTER,
    "Bytes that went through a network interface.",
    EXPORTER,
    (DEVICE, Label("direction", values(NetworkDirection))),
)
BACKUP_LAST_TIMESTAMP = Metric(
    "backup_last_timestamp_seconds",
    MetricType.GAUGE,
    "When the newest database backup was written, as Unix time.",
    EXPORTER,
    conditional="Published when the backup directory holds a backup.",
)
BACKUP_LAST_SIZE = Metric(
    "backup_last_size_bytes",
    MetricType.GAUGE,
    "Size of the newest database backup.",
    EXPORTER,
    conditional="Published when the backup directory holds a backup.",
)
BACKUP_FILES = Metric(
    "backup_files",
    MetricType.GAUGE,
    "Database backups that the backup directory holds.",
    EXPORTER,
)
BACKUP_LAST_RUN_SUCCESS = Metric(
    "backup_last_run_success",
    MetricType.GAUGE,
    "1 when the last run of 'payment-service backup' made a backup, else 0.",
    EXPORTER,
    conditional=BACKUP_HAS_RUN,
)
BACKUP_LAST_RUN_TIMESTAMP = Metric(
    "backup_last_run_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run of 'payment-service backup' ended, as Unix time.",
    EXPORTER,
    conditional=BACKUP_HAS_RUN,
)
BACKUP_LAST_RUN_DURATION = Metric(
    "backup_last_run_duration_seconds",
    MetricType.GAUGE,
    "How long the last run of 'payment-service backup' took.",
    EXPORTER,
    conditional=BACKUP_HAS_RUN,
)
BACKUP_VERIFICATION_SUCCESS = Metric(
    "backup_verification_success",
    MetricType.GAUGE,
    "1 when the last backup that was verified could be restored to what it was taken from, else 0.",
    EXPORTER,
    conditional=BACKUP_WAS_VERIFIED,
)
BACKUP_VERIFICATION_TIMESTAMP = Metric(
    "backup_verification_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run of 'payment-service verify-backup' ended, as Unix time.",
    EXPORTER,
    conditional=BACKUP_WAS_VERIFIED,
)
BACKUP_RESTORE_DURATION = Metric(
    "backup_restore_duration_seconds",
    MetricType.GAUGE,
    "How long the last verification took to restore the backup; to be compared with the RTO.",
    EXPORTER,
    conditional=f"{BACKUP_WAS_VERIFIED} Absent when the restore was not completed.",
)
COLLECTOR_SUCCESS = Metric(
    "payment_exporter_collector_success",
    MetricType.GAUGE,
    "1 when the collector's last run succeeded, else 0.",
    EXPORTER,
    (COLLECTOR,),
)
COLLECTOR_DURATION = Metric(
    "payment_exporter_collector_duration_seconds",
    MetricType.GAUGE,
    "How long the collector's last run took.",
    EXPORTER,
    (COLLECTOR,),
)
EXPORTER_BUILD_INFO = Metric(
    "payment_exporter_build_info",
    MetricType.GAUGE,
    "Always 1; the labels name what runs.",
    EXPORTER,
    (Label("version", bound="one value a process"), Label("python", bound="one value a process")),
)

EXPORTER_METRICS: tuple[Metric, ...] = (
    BUSINESS_PAYMENTS,
    BUSINESS_REVENUE,
    BUSINESS_CURRENCY_MINOR_UNITS,
    BUSINESS_FAILURES,
    BUSINESS_REFUNDS,
    DATABASE_SIZE,
    DATABASE_OLDEST_ATTEMPT,
    DATABASE_LONGEST_QUERY,
    DATABASE_SLOWEST_STATEMENT,
    HOST_CPU,
    HOST_MEMORY_TOTAL,
    HOST_MEMORY_AVAILABLE,
    HOST_DISK_SIZE,
    HOST_DISK_AVAILABLE,
    HOST_NETWORK,
    BACKUP_LAST_TIMESTAMP,
    BACKUP_LAST_SIZE,
    BACKUP_FILES,
    BACKUP_LAST_RUN_SUCCESS,
    BACKUP_LAST_RUN_TIMESTAMP,
    BACKUP_LAST_RUN_DURATION,
    BACKUP_VERIFICATION_SUCCESS,
    BACKUP_VERIFICATION_TIMESTAMP,
    BACKUP_RESTORE_DURATION,
    COLLECTOR_SUCCESS,
    COLLECTOR_DURATION,
    EXPORTER_BUILD_INFO,
)
