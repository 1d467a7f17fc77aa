"""Alerts on the verification of backups: what cannot be restored, or not in time, is no backup.

The figures are the backup directory's: of several exporters that publish them, the highest counts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario, outlined
from payment_alerts.scenario_series import Target, absent, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import backup
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: The runbook has backups verified and does not say how often. Its weekly maintenance is the occasion that comes round
#: anyway; its monthly failover test would leave a month of backups that nobody can restore.
VERIFICATION_INTERVAL = timedelta(days=7)
#: A week's run that starts a day late is no fault.
VERIFICATION_SLACK = timedelta(days=1)

_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def backup_verification_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on verifying backups."""
    target = exporter_target(catalog.settings)
    return AlertGroup(
        "payment-backup-verification",
        "backup-verification.yaml",
        (
            verification_failed(catalog, target),
            verification_overdue(catalog, target),
            never_verified(catalog, target),
            restore_slower_than_objective(catalog, target),
        ),
        dashboard=Dashboard.BACKUP,
    )


def verification_failed(catalog: Catalog, target: Target) -> Alert:
    """The last backup that was verified could not be restored to what it was taken from."""
    success = backup.VERIFICATION_SUCCESS

    def ended(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(success.name, values),)

    return Alert(
        name="BackupVerificationFailed",
        # No series: nothing was ever verified, which BackupNeverVerified says.
        expr=f"max by ({JOB}) ({success}{{{exporter_job(catalog.settings)}}}) == 0",
        # A verification that failed stays failed: two minutes only let every exporter read its report.
        pending=timedelta(minutes=2),
        severity=Severity.CRITICAL,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="The database backup could not be verified",
        description="The last 'payment-service verify-backup' in {{ $labels.environment }} failed; "
        f"verification.report.json in {catalog.settings.backups.directory} says why.",
        meaning="The backup could not be restored, or what was restored is not what was backed up.",
        impact="If the database were lost now, this backup would not bring it back.",
        scenarios=(
            Scenario("it failed", ended(steady(0, _MINUTES)), timedelta(minutes=3), (target.job_labels,)),
            Scenario(
                "it failed for the first time", ended(then(steady(1, 24), steady(0, 10))), _AT, (target.job_labels,)
            ),
            Scenario(
                "the exporter restarts meanwhile",
                ended(then(steady(0, 25), absent(3), steady(0, 5))),
                _AT,
                (target.job_labels,),
            ),
            Scenario("it succeeded", ended(steady(1, _MINUTES)), _AT),
            Scenario("the next one succeeds", ended(then(steady(0, 24), steady(1, 10))), _AT),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*ended(steady(1, _MINUTES)), *ended(steady(0, _MINUTES), by=target.second)),
                _AT,
            ),
            Scenario("it has failed just now", ended(then(steady(1, 28), steady(0, 10))), _AT),
            Scenario("nothing was ever verified", (), _AT),
        ),
    )


def verification_overdue(catalog: Catalog, target: Target) -> Alert:
    """No backup has been verified for longer than a week."""
    limit = VERIFICATION_INTERVAL + VERIFICATION_SLACK
    verified = backup.VERIFICATION_TIMESTAMP
    pending, minute = timedelta(hours=1), timedelta(minutes=1)
    at = pending + timedelta(minutes=10)
    minutes = at // minute

    def ago(age: timedelta, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the time of the last verification, whose age is ``age`` at the time of the check."""
        return (by.series(verified.name, steady((at - age).total_seconds(), minutes)),)

    return Alert(
        name="BackupVerificationOverdue",
        # No series: nothing was ever verified, which BackupNeverVerified says.
        expr=f"time() - max by ({JOB}) ({verified}{{{exporter_job(catalog.settings)}}})"
        f" > {number(limit.total_seconds())}",
        # A verification that is under way shows only when it has ended.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="The verification of the database backups is overdue",
        description="In {{ $labels.environment }} the last backup was verified {{ $value | humanizeDuration }} ago; "
        f"it is due every {format_duration(VERIFICATION_INTERVAL)}.",
        meaning="Nobody has tried for more than a week whether the backups can be restored.",
        impact="None yet; whether the backups are good for anything is not known.",
        scenarios=(
            Scenario("a month ago", ago(timedelta(days=30)), pending, (target.job_labels,)),
            Scenario("overdue for an hour and a minute", ago(limit + pending + minute), at, (target.job_labels,)),
            Scenario("overdue for an hour", ago(limit + pending), at),
            Scenario("a month ago, but not seen for long enough", ago(timedelta(days=30)), pending - minute),
            Scenario("two hours to go", ago(limit - timedelta(hours=2)), at),
            Scenario("yesterday", ago(timedelta(days=1)), at),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*ago(timedelta(days=1)), *ago(timedelta(days=30), by=target.second)),
                at,
            ),
            Scenario("nothing was ever verified", (), at),
        ),
    )


def never_verified(catalog: Catalog, target: Target) -> Alert:
    """There are backups, and no report of a verification."""
    job = exporter_job(catalog.settings)
    at = timedelta(hours=8)
    minutes = at // timedelta(minutes=1)

    def seen(backups: int, *verified: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(backup.FILES.name, steady(backups, minutes)),
            *(by.series(backup.VERIFICATION_TIMESTAMP.name, values) for values in verified),
        )

    return Alert(
        name="BackupNeverVerified",
        # Here absence is the finding; that the exporter looks into the directory is known by its count of backups.
        expr=f"max by ({JOB}) ({backup.FILES}{{{job}}}) > 0"
        f" unless max by ({JOB}) ({backup.VERIFICATION_TIMESTAMP}{{{job}}})",
        # A new installation has the rest of a working day to verify its first backup.
        pending=timedelta(hours=6),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="No database backup has ever been verified",
        description="There are {{ $value }} backups in {{ $labels.environment }}, and no readable report of "
        f"'payment-service verify-backup' in {catalog.settings.backups.directory}.",
        meaning="'payment-service verify-backup' has never run, or its report cannot be read.",
        impact="None yet; whether the backups are good for anything is not known.",
        scenarios=outlined(
            timedelta(minutes=10),
            Scenario("many backups", seen(96), at, (target.job_labels,)),
            Scenario("a single backup", seen(1), at, (target.job_labels,)),
            Scenario(
                "one of two exporters is without the directory",
                (*seen(1), *seen(0, by=target.second)),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "another job's verification is not ours",
                (*seen(96), *seen(96, steady(0, minutes), by=replace(target, job="other"))),
                at,
                (target.job_labels,),
            ),
            Scenario("verified long ago is BackupVerificationOverdue's matter", seen(96, steady(0, minutes)), at),
            Scenario("verified after an hour", seen(96, then(absent(60), steady(3600, minutes))), at),
            Scenario("no backup is BackupMissing's matter", seen(0), at),
            Scenario("since five hours", seen(96), timedelta(hours=5)),
            Scenario("no exporter", (), at),
        ),
    )


def restore_slower_than_objective(catalog: Catalog, target: Target) -> Alert:
    """Restoring the backup takes longer than an outage may last."""
    job = exporter_job(catalog.settings)
    objective = catalog.settings.recovery.time_objective.total_seconds()

    def took(values: str, by: Target = target, allowed: float = objective) -> tuple[InputSeries, ...]:
        return (
            by.series(backup.RESTORE_DURATION.name, values),
            by.series(backup.RECOVERY_TIME_OBJECTIVE.name, steady(allowed, _MINUTES)),
        )

    return Alert(
        name="RestoreSlowerThanRTO",
        # No series: nothing was verified, or the restore was not completed, which BackupVerificationFailed says.
        expr=f"max by ({JOB}) ({backup.RESTORE_DURATION}{{{job}}})"
        f" > max by ({JOB}) ({backup.RECOVERY_TIME_OBJECTIVE}{{{job}}})",
        # What was measured stays till the next verification: two minutes only let every exporter read its report.
        pending=timedelta(minutes=2),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="Restoring the database takes longer than the RTO allows",
        description="The last verification in {{ $labels.environment }} took {{ $value | humanizeDuration }} to "
        "restore the backup.",
        meaning="The database has grown, or the server that restores it is too slow.",
        impact="None yet; if the database were lost, the recovery time objective could not be met.",
        scenarios=(
            Scenario(
                "twice as long", took(steady(objective * 2, _MINUTES)), timedelta(minutes=3), (target.job_labels,)
            ),
            Scenario("a little too long", took(steady(objective * 1.02, _MINUTES)), _AT, (target.job_labels,)),
            Scenario(
                "a little too long, of two exporters the other has an old copy",
                (*took(steady(objective * 1.02, _MINUTES)), *took(steady(60, _MINUTES), by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "a little less, for two exporters, one of which was told a shorter objective",
                (
                    *took(steady(objective * 0.98, _MINUTES)),
                    *took(steady(objective * 0.98, _MINUTES), by=target.second, allowed=objective / 2),
                ),
                _AT,
            ),
            Scenario("exactly the objective", took(steady(objective, _MINUTES)), _AT),
            Scenario("in a minute", took(steady(60, _MINUTES)), _AT),
            Scenario("the next one is fast", took(then(steady(objective * 2, 24), steady(60, 10))), _AT),
            Scenario("measured a minute ago", took(then(steady(60, 28), steady(objective * 2, 10))), _AT),
            Scenario("no restore was completed", took("_"), _AT),
            Scenario("no data", (), _AT),
        ),
    )
