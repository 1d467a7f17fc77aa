"""Row of the dashboard ``payment-logs`` on ``payobs archive``, which takes old log files away each night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.exporter_metrics import archive
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, exporter_job
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

NO_REPORT = "needs the exporter's collector 'archive'"


def rows(kit: Kit) -> tuple[Row, ...]:
    """Return the row."""
    return (
        Row(
            "Are old log files archived?",
            (last_success(kit), last_success_of_job(kit), files(kit), sent(kit), oldest_waiting(kit)),
        ),
    )


def _of_host(kit: Kit, metric: Metric, *labels: str) -> str:
    return f"max by ({', '.join((INSTANCE, *labels))}) ({metric}{{{exporter_job(kit.settings)}}})"


def last_success(kit: Kit) -> OverTime:
    """Return how long ago a run left nothing behind, on each host."""
    return OverTime(
        title="Since everything was archived, by host",
        description="Time since a run of 'payobs archive' left no old log file behind, as its report says. It rises "
        "for a day and falls each night; beyond the limit two nights have failed.",
        queries=(kit.measured("LogArchiveOverdue", "{{instance}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("LogArchiveOverdue"),
        links=kit.runbooks("LogArchiveOverdue", "LogArchiveNeverComplete"),
        no_value=NO_REPORT,
        width=12,
    )


def last_success_of_job(kit: Kit) -> OverTime:
    """Return how long ago a run of the CronJob ended well."""
    return OverTime(
        title="Since everything was archived, in Kubernetes",
        description="Time since a run of the CronJob ended well, which it does when it leaves no old log file behind; "
        "before the first one, since the CronJob was made.",
        queries=(kit.measured("LogArchiveJobOverdue", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("LogArchiveJobOverdue"),
        links=kit.runbooks("LogArchiveJobOverdue"),
        no_value="needs kube-state-metrics",
        width=12,
    )


def files(kit: Kit) -> OverTime:
    """Return what became of the old files in the last run."""
    return OverTime(
        title="Files of the last run",
        description="Old log files by what became of them in the last run. Those that failed or were not tried wait "
        "for the next one.",
        queries=(Query(_of_host(kit, archive.LAST_RUN_FILES, archive.OUTCOME.name), "{{instance}} {{outcome}}"),),
        links=kit.runbooks("LogArchiveOverdue"),
        no_value=NO_REPORT,
    )


def sent(kit: Kit) -> OverTime:
    """Return what the last run sent."""
    return OverTime(
        title="Sent by the last run",
        description=f"{archive.LAST_RUN_SENT.description} It grows with the logs.",
        queries=(Query(_of_host(kit, archive.LAST_RUN_SENT), "{{instance}}"),),
        unit=Unit.BYTES,
        no_value=NO_REPORT,
    )


def oldest_waiting(kit: Kit) -> OverTime:
    """Return for how long the oldest file that waits has been too old."""
    return OverTime(
        title="Oldest file that waits is too old by",
        description="For how long the oldest log file that the last run left behind has been older than it should "
        "become. It rises until a run gets it away.",
        queries=(Query(f"time() - {_of_host(kit, archive.OLDEST_WAITING)}", "{{instance}}"),),
        unit=Unit.SECONDS,
        links=kit.runbooks("LogArchiveOverdue"),
        no_value=f"nothing waits; {NO_REPORT}",
    )
