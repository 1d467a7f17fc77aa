"""Alerts on backups against the recovery point objective."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, steady
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import backup
from payment_catalog.incidents import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import exporter_job

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog


def backup_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on backups."""
    target = exporter_target(catalog.settings)
    return AlertGroup(
        "payment-backups", "backups.yaml", (backup_overdue(catalog, target), backup_missing(catalog, target))
    )


def backup_overdue(catalog: Catalog, target: Target) -> Alert:
    """The newest backup is older than the RPO."""
    objective = catalog.settings.recovery.point_objective
    newest = backup.LAST_TIMESTAMP
    at = timedelta(minutes=30)
    minutes = at // timedelta(minutes=1)

    def taken(age: timedelta) -> tuple[InputSeries, ...]:
        return (target.series(newest.name, steady((at - age).total_seconds(), minutes)),)

    return Alert(
        name="BackupOverdue",
        expr=f"time() - {newest}{{{exporter_job(catalog.settings)}}} > {number(objective.total_seconds())}",
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
            Scenario("a day old", taken(objective + timedelta(days=1)), at, (target.instance_labels,)),
            Scenario("older by five minutes", taken(objective + timedelta(minutes=5)), at, (target.instance_labels,)),
            Scenario("older for one minute only", taken(objective + timedelta(minutes=1)), at),
            Scenario("younger by a minute", taken(objective - timedelta(minutes=1)), at),
            Scenario("no backup at all is BackupMissing's matter", (), at),
        ),
    )


def backup_missing(catalog: Catalog, target: Target) -> Alert:
    """There is no backup in the directory."""
    files = backup.FILES
    at = timedelta(minutes=30)
    minutes = at // timedelta(minutes=1)

    def held(count: int) -> tuple[InputSeries, ...]:
        return (target.series(files.name, steady(count, minutes)),)

    return Alert(
        name="BackupMissing",
        expr=f"{files}{{{exporter_job(catalog.settings)}}} == 0",
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
            Scenario("an empty directory", held(0), at, (target.instance_labels,)),
            Scenario("empty for ten minutes only", held(0), timedelta(minutes=10)),
            Scenario("one backup", held(1), at),
            Scenario("no exporter", (), at),
        ),
    )
