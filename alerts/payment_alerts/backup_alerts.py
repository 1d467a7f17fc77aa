"""Alerts on the making of backups: against the recovery point objective, on a run that fails, on one that is too small.

The figures are the backup directory's: of several exporters that publish them, the highest counts, so that one without
the directory raises no alarm.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
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

#: A backup below this share of the largest has lost something. Clean-up and compression move it by far less: of 90
#: days of payment attempts a week's go at once.
SMALLEST_SHARE = 0.5
#: How far back the largest is looked for. At the RPO's pace a day has nearly a hundred backups, and it is time enough
#: to be told and to look; a database that was really reduced is quiet after it.
COMPARED_WITH = timedelta(days=1)
#: Below this size (1 MiB) the schema is most of a backup, and a few rows more or less change it by half.
COMPARABLE_BYTES = 1 << 20

_MINUTE = timedelta(minutes=1)


def backup_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on backups."""
    target = exporter_target(catalog.settings)
    return AlertGroup(
        "payment-backups",
        "backups.yaml",
        (
            backup_overdue(catalog, target),
            backup_missing(catalog, target),
            backup_failed(catalog, target),
            backup_suspiciously_small(catalog, target),
        ),
        dashboard=Dashboard.BACKUP,
    )


def backup_overdue(catalog: Catalog, target: Target) -> Alert:
    """The newest backup is older than the RPO."""
    objective = catalog.settings.recovery.point_objective
    newest = backup.LAST_TIMESTAMP
    at = timedelta(minutes=30)
    minutes = at // timedelta(minutes=1)

    def taken(age: timedelta, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(newest.name, steady((at - age).total_seconds(), minutes)),)

    return Alert(
        name="BackupOverdue",
        expr=f"time() - max by ({JOB}) ({newest}{{{exporter_job(catalog.settings)}}})"
        f" > {number(objective.total_seconds())}",
        # A backup that is being written shows only when it is complete.
        pending=timedelta(minutes=2),
        severity=Severity.CRITICAL,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary=f"The newest database backup is older than {format_duration(objective)} (RPO)",
        description="The newest backup in {{ $labels.environment }} is {{ $value | humanizeDuration }} old.",
        meaning="The recovery point objective is not met: no backup has been completed in time.",
        impact="If the database were lost now, more payments would be lost than the business accepts.",
        scenarios=(
            Scenario("a day old", taken(objective + timedelta(days=1)), at, (target.job_labels,)),
            Scenario("older by three minutes", taken(objective + timedelta(minutes=3)), at, (target.job_labels,)),
            Scenario(
                "older by five minutes, for two exporters",
                (*taken(objective + timedelta(minutes=5)), *taken(objective + timedelta(minutes=5), by=target.second)),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*taken(timedelta(minutes=1)), *taken(objective + timedelta(days=1), by=target.second)),
                at,
            ),
            Scenario("older for two minutes only", taken(objective + timedelta(minutes=2)), at),
            Scenario("younger by a minute", taken(objective - timedelta(minutes=1)), at),
            Scenario("no backup at all is BackupMissing's matter", (), at),
        ),
    )


def backup_missing(catalog: Catalog, target: Target) -> Alert:
    """There is no backup in the directory."""
    files = backup.FILES
    at = timedelta(minutes=30)
    minutes = at // timedelta(minutes=1)

    def held(count: int, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(files.name, steady(count, minutes)),)

    return Alert(
        name="BackupMissing",
        expr=f"max by ({JOB}) ({files}{{{exporter_job(catalog.settings)}}}) == 0",
        # A new installation makes its first backup within the RPO.
        pending=timedelta(minutes=15),
        severity=Severity.CRITICAL,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="There is no database backup",
        description=f"{catalog.settings.backups.directory} in {{{{ $labels.environment }}}} holds no backup. "
        "When the exporter itself is away, PaymentExporterDown says so.",
        meaning="The backup directory is empty or cannot be read.",
        impact="The database could not be restored at all.",
        scenarios=(
            Scenario("an empty directory", held(0), timedelta(minutes=16), (target.job_labels,)),
            Scenario("empty for ten minutes only", held(0), timedelta(minutes=10)),
            Scenario("one backup", held(1), at),
            Scenario("one of two exporters is without the directory", (*held(1), *held(0, by=target.second)), at),
            Scenario("no exporter", (), at),
        ),
    )


def backup_failed(catalog: Catalog, target: Target) -> Alert:
    """The last run of the backup failed."""
    success = backup.LAST_RUN_SUCCESS
    at = timedelta(minutes=30)
    minutes = at // _MINUTE

    def ended(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(success.name, values),)

    return Alert(
        name="BackupFailed",
        # No series: no run has left a report yet, and BackupMissing or BackupOverdue says what that means.
        expr=f"max by ({JOB}) ({success}{{{exporter_job(catalog.settings)}}}) == 0",
        # A run that failed stays failed: two minutes only let every exporter read its report.
        pending=timedelta(minutes=2),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="The last run of the database backup failed",
        description=f"'payment-service backup' made no backup in {{{{ $labels.environment }}}}; backup.report.json in "
        f"{catalog.settings.backups.directory} says why. BackupOverdue follows when the RPO is broken.",
        meaning="The run ended without a backup: no space, no connection, or a dump that broke off.",
        impact="None yet; the newest backup grows older than the recovery point objective.",
        scenarios=(
            Scenario("every run fails", ended(steady(0, minutes)), timedelta(minutes=3), (target.job_labels,)),
            Scenario(
                "the last run fails after good ones",
                ended(then(steady(1, 24), steady(0, 10))),
                at,
                (target.job_labels,),
            ),
            Scenario(
                "it failed before the exporter was restarted",
                ended(then(steady(0, 20), absent(3), steady(0, 10))),
                at,
                (target.job_labels,),
            ),
            Scenario("the next run succeeds", ended(then(steady(0, 24), steady(1, 10))), at),
            Scenario(
                "one of two exporters has an old copy of the directory",
                (*ended(steady(1, minutes)), *ended(steady(0, minutes), by=target.second)),
                at,
            ),
            Scenario("it has failed just now", ended(then(steady(1, 28), steady(0, 10))), at),
            Scenario("no run has left a report", (), at),
        ),
    )


def backup_suspiciously_small(catalog: Catalog, target: Target) -> Alert:
    """The newest backup is far smaller than those before it."""
    size = f"{backup.LAST_SIZE}{{{exporter_job(catalog.settings)}}}"
    largest = f"max by ({JOB}) (max_over_time({size}[{format_duration(COMPARED_WITH)}]))"
    usual = COMPARABLE_BYTES * 100
    at = timedelta(minutes=90)

    def sizes(before: float, newest: float, since: int = 30, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the size as it is when the newest backup has been there for ``since`` minutes."""
        return (by.series(backup.LAST_SIZE.name, then(steady(before, 89 - since), steady(newest, since))),)

    def smaller_for(hours: int) -> Scenario:
        """Return what happens so many hours after the backups became smaller; they were usual for half an hour."""
        minutes = 30 + hours * 60
        series = target.series(backup.LAST_SIZE.name, then(steady(usual, 29), steady(usual * 0.01, minutes)))
        firing = (target.job_labels,) if timedelta(hours=hours) < COMPARED_WITH else ()
        return Scenario(f"smaller for {hours} hours", (series,), timedelta(minutes=minutes), firing, every=10 * _MINUTE)

    return Alert(
        name="BackupSuspiciouslySmall",
        # No series: there is no backup, which is BackupMissing's matter.
        expr=f"max by ({JOB}) ({size}) < {number(SMALLEST_SHARE)} * ({largest} > {number(COMPARABLE_BYTES)})",
        # A backup shows only when it is complete, so that its size does not change: two scrapes of every exporter.
        pending=timedelta(minutes=2),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="The newest database backup is suspiciously small",
        description="The newest backup in {{ $labels.environment }} has {{ $value | humanize1024 }}B, less than "
        f"{number(SMALLEST_SHARE * 100)}% of the largest of the last {format_duration(COMPARED_WITH)}.",
        meaning="The backup lacks tables or rows, or the database itself has lost them.",
        impact="What is missing could not be restored. Verify this backup and keep the ones before it.",
        scenarios=(
            Scenario("nearly empty since three minutes", sizes(usual, usual * 0.01, since=3), at, (target.job_labels,)),
            Scenario("just below half", sizes(usual, usual * 0.49), at, (target.job_labels,)),
            Scenario(
                "just below half, which a second exporter has always seen",
                (*sizes(usual, usual * 0.49), *sizes(usual * 0.49, usual * 0.49, by=target.second)),
                at,
                (target.job_labels,),
            ),
            smaller_for(18),
            Scenario("just enough to be compared", sizes(COMPARABLE_BYTES * 1.02, 1000), at, (target.job_labels,)),
            Scenario("exactly half", sizes(usual, usual * 0.5), at),
            Scenario("just above half", sizes(usual, usual * 0.51), at),
            Scenario(
                "just above half, for two exporters",
                (*sizes(usual, usual * 0.51), *sizes(usual, usual * 0.51, by=target.second)),
                at,
            ),
            Scenario(
                "one of two exporters sees an unfinished copy",
                (*sizes(usual, usual * 0.9), *sizes(usual, usual * 0.01, by=target.second)),
                at,
            ),
            smaller_for(36),
            Scenario("a little smaller after the weekly clean-up", sizes(usual, usual * 0.92), at),
            Scenario("larger than all before", sizes(usual, usual * 2), at),
            Scenario("a new database's, nearly empty all along", sizes(COMPARABLE_BYTES * 0.98, 1000), at),
            Scenario("exactly as much as is not compared", sizes(COMPARABLE_BYTES, 1000), at),
            Scenario("small since a minute only", sizes(usual, usual * 0.01, since=1), at),
            Scenario("no backup at all", (), at),
        ),
    )
