"""Alerts on the statements, transactions and rows of the payment database.

On SQLite most series are absent, and that is no fault. The figures are the database's: of several exporters
that publish them, the highest counts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.scenario_series import Target, exporter_target, steady, then
from payment_alerts.threshold_alert import Level, ThresholdAlert
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import postgres
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.thresholds import ThresholdKey
from payment_catalog.vocabulary import DatabaseTable

if TYPE_CHECKING:
    from payment_alerts.feed import Feed
    from payment_catalog.catalog import Catalog
    from payment_catalog.metric import Metric

#: Maintenance runs weekly, so that a row may be this much older than the retention says.
MAINTENANCE_INTERVAL = timedelta(days=7)
#: The longest transaction of ours is a backup's snapshot, which has to be over within the runbook's RPO (15 min).
LONGEST_TRANSACTION = timedelta(minutes=15)
#: Autovacuum begins at a fifth (autovacuum_vacuum_scale_factor 0.2): at twice that it is late or held up.
DEAD_ROWS_SHARE = 0.4
#: Fewer dead rows than these take a few hundred pages: a small table is read in no time all the same.
DEAD_ROWS_NOTED = 10_000

_TABLE = f"{JOB}, {postgres.TABLE.name}"
_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def database_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on statements, transactions and rows."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-database",
        "database.yaml",
        (
            *slow_statement(catalog, target).alerts(),
            *long_query(catalog, target).alerts(),
            retention_overdue(catalog, target),
            long_transaction(job, target),
            table_needs_vacuum(job, target),
        ),
        dashboard=Dashboard.DATABASE,
    )


def _gauge_feed(target: Target, metric: Metric) -> Feed:
    """Return a feed in which a second exporter reads half as much, because it has read earlier."""

    def feed(value: float, minutes: int) -> tuple[InputSeries, ...]:
        return (
            target.series(metric.name, steady(value, minutes)),
            target.second.series(metric.name, steady(value / 2, minutes)),
        )

    return feed


def slow_statement(catalog: Catalog, target: Target) -> ThresholdAlert:
    """A statement is slow on average."""
    threshold = catalog.settings.threshold(ThresholdKey.SLOW_STATEMENT)
    return ThresholdAlert(
        threshold=threshold,
        expr=f"max by ({JOB}) ({postgres.SLOWEST_STATEMENT}{{{exporter_job(catalog.settings)}}})",
        warning=Level("SlowStatement", Priority.P3),
        critical=Level("SlowStatementCritical", Priority.P2),
        pending=timedelta(minutes=10),
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        subject="Slowest statement (mean) of the database",
        meaning="A statement in pg_stat_statements takes longer than the limit on average.",
        impact="Requests that need it are slow and hold a connection meanwhile.",
        feed=_gauge_feed(target, postgres.SLOWEST_STATEMENT),
        labels=target.job_labels,
        worst=threshold.maximum,
        is_compared_as_published=True,
    )


def long_query(catalog: Catalog, target: Target) -> ThresholdAlert:
    """A query has been running for long."""
    threshold = catalog.settings.threshold(ThresholdKey.LONG_QUERY)
    return ThresholdAlert(
        threshold=threshold,
        expr=f"max by ({JOB}) ({postgres.LONGEST_QUERY}{{{exporter_job(catalog.settings)}}})",
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
        labels=target.job_labels,
        worst=threshold.maximum,
        is_compared_as_published=True,
    )


def retention_overdue(catalog: Catalog, target: Target) -> Alert:
    """Rows of payment_attempts are older than the retention policy allows."""
    retention = catalog.settings.retention.payment_attempts
    limit = retention + MAINTENANCE_INTERVAL
    oldest = postgres.OLDEST_ATTEMPT
    pending, minute = timedelta(hours=1), timedelta(minutes=1)
    at = pending + timedelta(minutes=10)
    minutes = at // minute

    def born(age: timedelta, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the gauge as it is when the oldest row reaches ``age`` at the time of the check."""
        return (by.series(oldest.name, steady((at - age).total_seconds(), minutes)),)

    return Alert(
        name="PaymentAttemptsRetentionOverdue",
        expr=f"time() - max by ({JOB}) ({oldest}{{{exporter_job(catalog.settings)}}})"
        f" > {number(limit.total_seconds())}",
        pending=pending,
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
            Scenario(
                "a fortnight too old for just as long as it takes",
                born(limit + timedelta(days=14)),
                pending,
                (target.job_labels,),
            ),
            Scenario("an hour and a minute too old", born(limit + pending + minute), at, (target.job_labels,)),
            Scenario("an hour too old", born(limit + pending), at),
            Scenario("a day to go", born(limit - timedelta(days=1)), at),
            Scenario(
                "cleaned up, which one of two exporters has not read yet",
                (*born(timedelta(days=90)), *born(limit + timedelta(days=30), by=target.second)),
                at,
            ),
            Scenario(
                "a fortnight too old, but not for long enough", born(limit + timedelta(days=14)), pending - minute
            ),
            Scenario("an empty table", (), at),
        ),
    )


def long_transaction(job: str, target: Target) -> Alert:
    """A transaction stays open."""
    limit = LONGEST_TRANSACTION.total_seconds()

    def open_for(seconds: float, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(postgres.LONGEST_TRANSACTION.name, steady(seconds, _MINUTES)),)

    return Alert(
        name="LongTransaction",
        expr=f"max by ({JOB}) ({postgres.LONGEST_TRANSACTION}{{{job}}}) > {number(limit)}",
        # Each scrape sees the age itself: two minutes only rule out a single report.
        pending=timedelta(minutes=2),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="A transaction of the payment database does not end",
        description="The oldest transaction in {{ $labels.environment }} has been open for "
        "{{ $value | humanizeDuration }}, at work or idle.",
        meaning="A session has begun a transaction and forgotten it (idle in transaction), or a batch takes too long.",
        impact="It keeps its locks, and no row that died since can be cleaned up: tables grow and become slow.",
        scenarios=(
            Scenario("since yesterday", open_for(86_400), timedelta(minutes=3), (target.job_labels,)),
            Scenario("a little too long", open_for(limit * 1.02), _AT, (target.job_labels,)),
            Scenario(
                "a little too long, of two exporters the other sees none",
                (*open_for(limit * 1.02), *open_for(0, by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "a little less, for two exporters",
                (*open_for(limit * 0.98), *open_for(limit * 0.98, by=target.second)),
                _AT,
            ),
            Scenario("exactly the limit", open_for(limit), _AT),
            Scenario("none is open", open_for(0), _AT),
            Scenario("for a minute only", open_for(86_400), timedelta(minutes=1)),
            Scenario("SQLite has no server", (), _AT),
        ),
    )


def table_needs_vacuum(job: str, target: Target) -> Alert:
    """Autovacuum does not keep up with a table."""
    at = timedelta(hours=2)
    minutes = at // timedelta(minutes=1)
    labels = {postgres.TABLE.name: DatabaseTable.PAYMENT_ATTEMPTS.value}

    def rows(live: int, dead: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (
            by.series(postgres.TABLE_LIVE_ROWS.name, steady(live, minutes), **labels),
            by.series(postgres.TABLE_DEAD_ROWS.name, dead, **labels),
        )

    firing = ({**target.job_labels, **labels},)
    dead = f"max by ({_TABLE}) ({postgres.TABLE_DEAD_ROWS}{{{job}}})"
    live = f"max by ({_TABLE}) ({postgres.TABLE_LIVE_ROWS}{{{job}}})"
    return Alert(
        name="TableNeedsVacuum",
        expr=f"({dead} > {number(DEAD_ROWS_NOTED)}) > {number(DEAD_ROWS_SHARE)} * {live}",
        # Weekly maintenance deletes many rows at once: autovacuum gets an hour to clean up after it.
        pending=timedelta(hours=1),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="Table {{ $labels.table }} needs a vacuum",
        description="{{ $labels.table }} in {{ $labels.environment }} has {{ $value | humanize }} dead rows, more than "
        f"{number(DEAD_ROWS_SHARE * 100)}% of its live ones.",
        meaning="Autovacuum is too slow for the table, is turned off, or is held up by an old transaction.",
        impact="The table and its indexes grow, and what reads them becomes slower.",
        scenarios=(
            Scenario(
                "more dead than alive", rows(1_000_000, steady(2_000_000, minutes)), timedelta(minutes=61), firing
            ),
            Scenario("a little too many", rows(1_000_000, steady(408_000, minutes)), at, firing),
            Scenario("nothing but dead rows", rows(0, steady(10_200, minutes)), at, firing),
            Scenario(
                "a little too many, which one of two exporters has not read yet",
                (*rows(1_000_000, steady(408_000, minutes)), *rows(1_000_000, steady(0, minutes), by=target.second)),
                at,
                firing,
            ),
            Scenario("a little less", rows(1_000_000, steady(392_000, minutes)), at),
            Scenario(
                "a little less, and one of two exporters has not read the newest rows",
                (
                    *rows(1_000_000, steady(392_000, minutes)),
                    *rows(500_000, steady(392_000, minutes), by=target.second),
                ),
                at,
            ),
            Scenario("exactly the share", rows(1_000_000, steady(400_000, minutes)), at),
            Scenario("a small table", rows(100, steady(9_800, minutes)), at),
            Scenario("exactly as many as are not noted", rows(100, steady(10_000, minutes)), at),
            Scenario("cleaned up", rows(1_000_000, steady(0, minutes)), at),
            Scenario(
                "a vacuum half an hour after a clean-up",
                rows(1_000_000, then(steady(900_000, 30), steady(0, minutes))),
                at,
            ),
            Scenario("since half an hour", rows(1_000_000, steady(900_000, minutes)), timedelta(minutes=30)),
            Scenario("SQLite has no server", (), at),
        ),
    )
