"""When old log files are archived, and by which job: known to the job and to what watches it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_catalog import kubernetes_objects

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

#: Each night, in UTC, as cron writes it; ``PERIOD`` is the time between two of them.
SCHEDULE = "17 3 * * *"
PERIOD = timedelta(days=1)
#: How much later a run may begin.
LATEST_START = timedelta(hours=4)
#: A run that takes longer is ended, in order; the next night goes on.
LONGEST_RUN = timedelta(hours=6)
#: Since a run archived every old file: one night may fail, and the next run may begin late and take long.
OVERDUE = 2 * PERIOD + LATEST_START + LONGEST_RUN

#: Where a run leaves its figures, in the directory of the log files.
REPORT_FILE = "archive.report.json"


def log_directory(settings: Settings) -> str:
    """Return the directory of the log files."""
    return f"/var/log/{settings.service}"


def job_name(settings: Settings) -> str:
    """Return what the CronJob and all that belongs to it are called."""
    return kubernetes_objects.job_name(settings, "log-archive")
