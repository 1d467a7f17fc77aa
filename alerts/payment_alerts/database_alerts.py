"""Alerts on the payment database. On SQLite the statements' series are absent, and that is no fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, steady
from payment_alerts.threshold_alert import Feed, Level, ThresholdAlert
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import postgres
from payment_catalog.incidents import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import exporter_job
from payment_catalog.thresholds import ThresholdKey

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

#: Maintenance runs weekly, so that a row may be this much older than the retention says.
MAINTENANCE_INTERVAL = timedelta(days=7)


def database_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the runbook's database limits."""
    target = exporter_target(catalog.settings)
    return AlertGroup(
        "payment-database",
        "database.yaml",
        (
            *slow_statement(catalog, target).alerts(),
            *long_query(catalog, target).alerts(),
            retention_overdue(catalog, target),
        ),
    )


def _gauge_feed(target: Target, metric: Metric) -> Feed:
    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (target.series(metric.name, steady(value, minutes)),)

    return feed


def slow_statement(catalog: Catalog, target: Target) -> ThresholdAlert:
    """A statement is slow on average."""
    threshold = catalog.settings.threshold(ThresholdKey.SLOW_STATEMENT)
    return ThresholdAlert(
        threshold=threshold,
        expr=f"{postgres.SLOWEST_STATEMENT}{{{exporter_job(catalog.settings)}}}",
        warning=Level("SlowStatement", Priority.P3),
        critical=Level("SlowStatementCritical", Priority.P2),
        pending=timedelta(minutes=10),
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="Slowest statement (mean) of the database",
        meaning="A statement in pg_stat_statements takes longer than the limit on average.",
        impact="Requests that need it are slow and hold a connection meanwhile.",
        feed=_gauge_feed(target, postgres.SLOWEST_STATEMENT),
        labels=target.instance_labels,
        worst=threshold.maximum,
    )


def long_query(catalog: Catalog, target: Target) -> ThresholdAlert:
    """A query has been running for long."""
    threshold = catalog.settings.threshold(ThresholdKey.LONG_QUERY)
    return ThresholdAlert(
        threshold=threshold,
        expr=f"{postgres.LONGEST_QUERY}{{{exporter_job(catalog.settings)}}}",
        warning=Level("LongRunningQuery", Priority.P3),
        critical=Level("LongRunningQueryCritical", Priority.P2),
        # Each scrape sees the age itself: two minutes only rule out a single report.
        pending=timedelta(minutes=2),
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="Longest running query of the database",
        meaning="A statement has been running for longer than the limit.",
        impact="It may hold locks, and keeps old rows from being cleaned up.",
        feed=_gauge_feed(target, postgres.LONGEST_QUERY),
        labels=target.instance_labels,
        worst=threshold.maximum,
    )


def retention_overdue(catalog: Catalog, target: Target) -> Alert:
    """Rows of payment_attempts are older than the retention policy allows."""
    retention = catalog.settings.retention.payment_attempts
    limit = retention + MAINTENANCE_INTERVAL
    oldest = postgres.OLDEST_ATTEMPT
    at = timedelta(hours=2)
    minutes = at // timedelta(minutes=1)

    def born(age: timedelta) -> tuple[InputSeries, ...]:
        """Return the gauge as it is when the oldest row reaches ``age`` at the time of the check."""
        return (target.series(oldest.name, steady((at - age).total_seconds(), minutes)),)

    return Alert(
        name="PaymentAttemptsRetentionOverdue",
        expr=f"time() - {oldest}{{{exporter_job(catalog.settings)}}} > {number(limit.total_seconds())}",
        pending=timedelta(hours=1),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.DATA_LOSS,
        summary="Clean-up of payment_attempts is overdue",
        description="The oldest row in {{ $labels.environment }} is {{ $value | humanizeDuration }} old. The policy "
        f"keeps {format_duration(retention)}, and maintenance runs every {format_duration(MAINTENANCE_INTERVAL)}.",
        meaning="Weekly maintenance has not deleted old rows of payment_attempts.",
        impact="Data is kept for longer than promised, and the table grows.",
        scenarios=(
            Scenario("a fortnight too old", born(limit + timedelta(days=14)), at, (target.instance_labels,)),
            Scenario("a day too old", born(limit + timedelta(days=1)), at, (target.instance_labels,)),
            Scenario("a day to go", born(limit - timedelta(days=1)), at),
            Scenario("too old for half an hour only", born(limit + timedelta(days=1)), timedelta(minutes=30)),
            Scenario("an empty table", (), at),
        ),
    )
