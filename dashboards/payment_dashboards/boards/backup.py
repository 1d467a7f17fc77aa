"""The dashboard ``payment-backup``: could we restore now, how much would be lost, and how long would it take?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import backup as metrics
from payment_catalog.exporter_metrics import failover
from payment_catalog.links import runbook_url
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.thresholds import Side, Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.limits import Limits
from payment_dashboards.panels.note import Note
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.stat import Stat
from payment_dashboards.panels.states import States
from payment_dashboards.states import NONE_IS_BAD, PASSED, SUCCEEDED

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

NO_BACKUP = "no backup"
NEVER_RAN = "never ran"
NEVER_VERIFIED = "never verified"
NEVER_TESTED = "never tested"


def backup(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.BACKUP,
        "Could the database be restored now, how much would be lost, and how long would it take? Below, the backups, "
        "their verification and the monthly failover tests.",
        (
            Row(
                "Could we restore now?",
                (
                    newest_age(kit),
                    files(kit),
                    last_run(kit),
                    verification(kit),
                    verification_age(kit),
                    restore_takes(kit),
                    what_to_do(kit),
                ),
            ),
            Row(
                "How much would be lost?",
                (age(kit), outcomes(kit), size(kit), run_duration(kit)),
            ),
            Row("How long would it take?", (restore_duration(kit), verification_course(kit))),
            Row(
                "Does a failover work?",
                (failover_result(kit), failover_passed(kit), failover_recorded(kit), failover_note()),
            ),
        ),
        since="now-24h",
    )


def _newest(kit: Kit, metric: Metric, legend: str = "") -> Query:
    """Return a figure of the backup directory: of several exporters that read it, the highest."""
    return Query(f"max by ({JOB}) ({metric}{{{exporter_job(kit.settings)}}})", legend)


def newest_age(kit: Kit) -> Stat:
    """Return the age of the newest backup."""
    point = format_duration(kit.settings.recovery.point_objective)
    return Stat(
        title="Newest backup",
        description="Time since the newest backup was written. If the database were lost now, everything younger would "
        f"be lost; the business accepts {point} (RPO).",
        queries=(kit.measured("BackupOverdue", "age"),),
        unit=Unit.SECONDS,
        limits=kit.limits("BackupOverdue"),
        links=kit.runbooks("BackupOverdue"),
        no_value=NO_BACKUP,
        sparkline=True,
    )


def files(kit: Kit) -> Stat:
    """Return how many backups there are."""
    return Stat(
        title="Backups kept",
        description=f"{metrics.FILES.description} None means that the database could not be restored at all.",
        queries=(_newest(kit, metrics.FILES, "backups"),),
        states=NONE_IS_BAD,
        links=kit.runbooks("BackupMissing"),
        sparkline=True,
    )


def last_run(kit: Kit) -> Stat:
    """Return how the last run of the backup ended."""
    return Stat(
        title="Last backup run",
        description="Whether the last run of 'payment-service backup' made a backup. backup.report.json beside the "
        "backups says why it did not.",
        queries=(_newest(kit, metrics.LAST_RUN_SUCCESS),),
        unit=Unit.STATE,
        states=SUCCEEDED,
        links=kit.runbooks("BackupFailed"),
        no_value=NEVER_RAN,
    )


def verification(kit: Kit) -> Stat:
    """Return whether the backup that was verified last could be restored."""
    return Stat(
        title="Last verification",
        description="Whether the backup that was verified last could be restored to what it was taken from. A backup "
        "that cannot is none; verification.report.json beside the backups says why.",
        queries=(_newest(kit, metrics.VERIFICATION_SUCCESS),),
        unit=Unit.STATE,
        states=SUCCEEDED,
        links=kit.runbooks("BackupVerificationFailed", "BackupNeverVerified"),
        no_value=NEVER_VERIFIED,
    )


def verification_age(kit: Kit) -> Stat:
    """Return how long ago a backup was verified."""
    return Stat(
        title="Verified before",
        description="Time since a backup was last restored as a test, with whatever result.",
        queries=(kit.measured("BackupVerificationOverdue", "verified before"),),
        unit=Unit.SECONDS,
        limits=kit.limits("BackupVerificationOverdue"),
        links=kit.runbooks("BackupVerificationOverdue", "BackupNeverVerified"),
        no_value=NEVER_VERIFIED,
        sparkline=True,
    )


def restore_takes(kit: Kit) -> Stat:
    """Return how long a restore takes."""
    objective = kit.settings.recovery.time_objective
    return Stat(
        title="A restore takes",
        description="How long the last verification took to restore the backup. An outage may last "
        f"{format_duration(objective)} in all (RTO), with noticing, deciding and checking.",
        queries=(_newest(kit, metrics.RESTORE_DURATION, "restore"),),
        unit=Unit.SECONDS,
        limits=Limits(Side.ABOVE, warning=objective.total_seconds()),
        links=kit.runbooks("RestoreSlowerThanRTO"),
        no_value=NEVER_VERIFIED,
    )


def what_to_do(kit: Kit) -> Note:
    """Return what to do when the database is lost, in the words of somebody who was asleep."""
    recovery, directory = kit.settings.recovery, kit.settings.backups.directory
    page = runbook_url(kit.settings, "BackupMissing")
    return Note(
        title="Is the database lost?",
        text="1. **Keep what is there**: delete no backup, and let nobody pay into a half-restored database.\n"
        f"2. **Restore** the newest backup that is not suspiciously small, from `{directory}` or its copies in "
        f"`s3://{kit.settings.backups.s3_bucket}`: [the commands]({page}), under *The database is lost*.\n"
        f"3. **Escalate early**: it must be back within {format_duration(recovery.time_objective)}. What was paid "
        "since that backup is missing then; ask the gateway for it.",
        height=4,
    )


def age(kit: Kit) -> OverTime:
    """Return the age of the newest backup over time."""
    point = format_duration(kit.settings.recovery.point_objective)
    return OverTime(
        title="Age of the newest backup",
        description=f"It rises until the next backup is complete. Above the line, of {point}, more would be lost than "
        "the business accepts (RPO).",
        queries=(kit.measured("BackupOverdue", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("BackupOverdue"),
        links=kit.runbooks("BackupOverdue", "BackupMissing"),
        no_value=NO_BACKUP,
        width=12,
    )


def outcomes(kit: Kit) -> States:
    """Return how the runs of the backup ended."""
    return States(
        title="How backup runs ended",
        description="What the last run had made at each time: a backup, or none.",
        queries=(_newest(kit, metrics.LAST_RUN_SUCCESS, "{{environment}}"),),
        states=SUCCEEDED,
        links=kit.runbooks("BackupFailed"),
        no_value=NEVER_RAN,
        width=12,
    )


def size(kit: Kit) -> OverTime:
    """Return the size of the newest backup, and the least that it should have."""
    return OverTime(
        title="Size of the newest backup",
        description="A backup far smaller than those before it lacks tables or rows, or the database has lost them. "
        "The dashed line is the least that is plausible; there is none while backups are tiny.",
        queries=kit.compared("BackupSuspiciouslySmall", "newest backup", "least plausible"),
        unit=Unit.BYTES,
        links=kit.runbooks("BackupSuspiciouslySmall"),
        bounds=("least plausible",),
        no_value=NO_BACKUP,
        width=12,
    )


def run_duration(kit: Kit) -> OverTime:
    """Return how long the runs of the backup took."""
    point = format_duration(kit.settings.recovery.point_objective)
    return OverTime(
        title="Duration of backup runs",
        description=f"{metrics.LAST_RUN_DURATION.description} What takes nearly as long as {point} cannot be repeated "
        "often enough.",
        queries=(_newest(kit, metrics.LAST_RUN_DURATION, "{{environment}}"),),
        unit=Unit.SECONDS,
        no_value=NEVER_RAN,
        width=12,
    )


def restore_duration(kit: Kit) -> OverTime:
    """Return how long a restore took, and how long an outage may last."""
    return OverTime(
        title="Duration of a restore",
        description="How long the last verification took to restore the backup, and how long an outage may last (RTO).",
        queries=kit.compared("RestoreSlowerThanRTO", "restore", "RTO"),
        unit=Unit.SECONDS,
        links=kit.runbooks("RestoreSlowerThanRTO"),
        bounds=("RTO",),
        no_value=NEVER_VERIFIED,
        width=12,
    )


def verification_course(kit: Kit) -> States:
    """Return how verifications ended."""
    return States(
        title="How verifications ended",
        description="What the last verification had found at each time: that its backup can be restored, or not.",
        queries=(_newest(kit, metrics.VERIFICATION_SUCCESS, "{{environment}}"),),
        states=SUCCEEDED,
        links=kit.runbooks("BackupVerificationFailed"),
        no_value=NEVER_VERIFIED,
        width=12,
    )


def failover_result(kit: Kit) -> Stat:
    """Return how the last failover test ended."""
    return Stat(
        title="Last failover test",
        description="Whether the service worked after the last failover test.",
        queries=(_newest(kit, failover.LAST_SUCCESS),),
        unit=Unit.STATE,
        states=PASSED,
        links=kit.runbooks("FailoverTestFailed", "FailoverNeverTested"),
        no_value=NEVER_TESTED,
    )


def failover_passed(kit: Kit) -> Stat:
    """Return how long ago a failover test passed."""
    return Stat(
        title="Passed before",
        description="Time since a failover test passed. The runbook asks for one every month; beyond the limit it is "
        "overdue.",
        queries=(kit.measured("FailoverTestOverdue", "passed before"),),
        unit=Unit.SECONDS,
        limits=kit.limits("FailoverTestOverdue"),
        links=kit.runbooks("FailoverTestOverdue", "FailoverNeverTested"),
        no_value="never passed",
    )


def failover_recorded(kit: Kit) -> Stat:
    """Return when a failover test was recorded."""
    tested = _newest(kit, failover.LAST_TIMESTAMP)
    return Stat(
        title="Tested before",
        description="Time since a failover test was recorded, passed or failed.",
        queries=(Query(f"time() - {tested.expr}", "tested before"),),
        unit=Unit.SECONDS,
        links=kit.runbooks("FailoverNeverTested"),
        no_value=NEVER_TESTED,
    )


def failover_note() -> Note:
    """Return how a failover test gets onto this dashboard."""
    return Note(
        title="After a failover test",
        text="Record it, or it has not happened: `payment-service failover-test passed`, or `failed`, with `--note` "
        "for what was found. These figures follow with the next scrape.",
        width=12,
        height=4,
    )
