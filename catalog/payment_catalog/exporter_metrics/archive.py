"""What the report of the last ``payobs archive`` says: of one directory of log files, on the exporter's host."""

from __future__ import annotations

from payment_catalog.metric import Label, Metric, MetricType
from payment_catalog.publishers import EXPORTER
from payment_catalog.vocabulary import ArchiveOutcome

HAS_RUN = "Published when the report of a run of 'payobs archive' can be read."

OUTCOME = Label("outcome", tuple(ArchiveOutcome))

REPORT_READABLE = Metric(
    "log_archive_report_readable",
    MetricType.GAUGE,
    "1 when the report of the last run of 'payobs archive' can be read, 0 when there is none or it is damaged.",
    EXPORTER,
)
LAST_SUCCESS = Metric(
    "log_archive_last_success_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run that left no old log file behind ended, as Unix time.",
    EXPORTER,
    conditional=f"{HAS_RUN} Absent when no run has done so yet.",
)
LAST_RUN = Metric(
    "log_archive_last_run_timestamp_seconds",
    MetricType.GAUGE,
    "When the last run of 'payobs archive' ended, as Unix time.",
    EXPORTER,
    conditional=HAS_RUN,
)
LAST_RUN_DURATION = Metric(
    "log_archive_last_run_duration_seconds",
    MetricType.GAUGE,
    "How long the last run of 'payobs archive' took.",
    EXPORTER,
    conditional=HAS_RUN,
)
LAST_RUN_FILES = Metric(
    "log_archive_last_run_files",
    MetricType.GAUGE,
    "Old log files by what became of them in the last run; those that failed or were not tried wait for the next one.",
    EXPORTER,
    (OUTCOME,),
    conditional=HAS_RUN,
)
LAST_RUN_SENT = Metric(
    "log_archive_last_run_sent_bytes",
    MetricType.GAUGE,
    "Compressed bytes that the last run of 'payobs archive' sent.",
    EXPORTER,
    conditional=HAS_RUN,
)
OLDEST_WAITING = Metric(
    "log_archive_oldest_waiting_timestamp_seconds",
    MetricType.GAUGE,
    "When the oldest log file that waits had been kept for as long as it should be, as Unix time.",
    EXPORTER,
    conditional=f"{HAS_RUN} Absent when it left no file behind.",
)

METRICS: tuple[Metric, ...] = (
    REPORT_READABLE,
    LAST_SUCCESS,
    LAST_RUN,
    LAST_RUN_DURATION,
    LAST_RUN_FILES,
    LAST_RUN_SENT,
    OLDEST_WAITING,
)
