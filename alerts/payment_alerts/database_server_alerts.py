"""Alerts on the PostgreSQL server under the payment database: its connections, its locks and its standby.

Without a series there is no PostgreSQL (SQLite has no server), or the collector fails, which ExporterCollectorFails
says: no alert here speaks then. The figures are the server's: of several exporters that publish them, the highest
counts.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, AlertGroup, InputSeries, Scenario
from payment_alerts.changing import KEEP_FIRING, Changing
from payment_alerts.event_limits import COUNT_WINDOW
from payment_alerts.scenario_series import Target, absent, exporter_target, steady, then
from payment_catalog.dashboards import Dashboard
from payment_catalog.durations import format_duration
from payment_catalog.escalation import Team
from payment_catalog.exporter_metrics import postgres
from payment_catalog.incident import IncidentKey
from payment_catalog.promql import number
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import INSTANCE, JOB, exporter_job
from payment_catalog.vocabulary import DatabaseConnectionState

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: A fifth stays free: a rolling update opens the new pods' pools before it closes the old ones', and a DBA must get in.
CONNECTIONS_SHARE = 0.8
#: A deadlock costs one transaction, which the caller repeats; this many in a window are two code paths that lock in
#: opposite orders.
DEADLOCKS = 3
#: A third of the runbook's RPO (15 min), so that whoever fails over to the standby keeps it.
REPLICATION_LAG = timedelta(minutes=5)

_AT = timedelta(minutes=30)
_MINUTES = _AT // timedelta(minutes=1)


def database_server_alerts(catalog: Catalog) -> AlertGroup:
    """Return the group on the database server."""
    target = exporter_target(catalog.settings)
    job = exporter_job(catalog.settings)
    return AlertGroup(
        "payment-database-server",
        "database-server.yaml",
        (
            connections_near_limit(job, target),
            locks_waiting(job, target),
            deadlocks_found(job, target),
            replication_lag_high(job, target),
        ),
        dashboard=Dashboard.DATABASE,
    )


def connections_near_limit(job: str, target: Target) -> Alert:
    """The server soon accepts no more connections."""

    pending = timedelta(minutes=5)

    def open_of_100(
        count: int, minutes: int = _MINUTES, *, limit: int = 100, by: Target = target
    ) -> tuple[InputSeries, ...]:
        """Return ``count`` connections, half of them idle."""
        name, states = postgres.CONNECTIONS.name, DatabaseConnectionState
        return (
            by.series(postgres.CONNECTIONS_LIMIT.name, steady(limit, minutes)),
            by.series(name, steady(count // 2, minutes), state=states.IDLE),
            by.series(name, steady(count - count // 2, minutes), state=states.ACTIVE),
        )

    # Each exporter's states are added up before exporters are compared: a connection changes its state between them.
    # Connections to other databases of the server count for its limit and not here: the share is the least it can be.
    used = f"max by ({JOB}) (sum by ({INSTANCE}) ({postgres.CONNECTIONS}{{{job}}}))"
    limit = f"(max by ({JOB}) ({postgres.CONNECTIONS_LIMIT}{{{job}}}) > 0)"
    return Alert(
        name="DatabaseConnectionsNearLimit",
        expr=f"{used} / {limit} > {number(CONNECTIONS_SHARE)}",
        # A rolling update doubles the pools for a minute or two.
        pending=pending,
        # Pools grow and shrink with the load.
        keep_firing=KEEP_FIRING,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="The payment database has few connections left",
        description="{{ $value | humanizePercentage }} of the connections that the server in "
        "{{ $labels.environment }} accepts are open.",
        meaning="The pools of the service, or somebody beside it, hold nearly all connections that the server accepts.",
        impact="None yet; at the limit a pod that starts, or whose pool grows, gets none, and its requests fail.",
        scenarios=(
            Scenario("every connection is open", open_of_100(100), timedelta(minutes=6), (target.job_labels,)),
            Scenario("just above the limit", open_of_100(81), _AT, (target.job_labels,)),
            Scenario(
                "just above the limit, of two exporters the other read earlier",
                (*open_of_100(81), *open_of_100(20, by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario("exactly the limit", open_of_100(80), _AT),
            Scenario("just below the limit", open_of_100(79), _AT),
            Scenario(
                "just below it for two exporters, one of which read a lower limit before the server's restart",
                (*open_of_100(79), *open_of_100(79, limit=80, by=target.second)),
                _AT,
            ),
            Scenario("a usual day", open_of_100(20), _AT),
            Scenario("above the limit for four minutes only", open_of_100(100), timedelta(minutes=4)),
            Scenario("a limit of 0 is no limit", open_of_100(100, limit=0), _AT),
            *Changing(
                partial(open_of_100, 20), partial(open_of_100, 81), pending, timedelta(0), (target.job_labels,)
            ).swinging(),
            Scenario("SQLite has no connections", (), _AT),
        ),
    )


def locks_waiting(job: str, target: Target) -> Alert:
    """Transactions wait for each other, and go on waiting."""

    def waiting(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(postgres.LOCKS_WAITING.name, values),)

    return Alert(
        name="LocksWaiting",
        expr=f"max by ({JOB}) ({postgres.LOCKS_WAITING}{{{job}}}) > 0",
        # Two payments that meet on a row wait for milliseconds: that every scrape of 5 minutes finds one waiting is no
        # chance. One is enough, because behind one that wants a whole table (a migration) everybody waits.
        pending=timedelta(minutes=5),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Transactions of the payment database wait for locks",
        description="In {{ $labels.environment }} {{ $value }} locks are asked for and not granted, and have been at "
        "every scrape for minutes.",
        meaning="A transaction holds locks that others need and does not end: a migration, an idle session, a batch.",
        impact="Requests that need the lock hang and hold a connection meanwhile.",
        scenarios=(
            Scenario("a queue of fifty", waiting(steady(50, _MINUTES)), timedelta(minutes=6), (target.job_labels,)),
            Scenario("one that waits", waiting(steady(1, _MINUTES)), _AT, (target.job_labels,)),
            Scenario(
                "the exporter restarts meanwhile",
                waiting(then(steady(2, 25), absent(2), steady(2, 5))),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "one of two exporters sees none",
                (*waiting(steady(1, _MINUTES)), *waiting(steady(0, _MINUTES), by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario("none waits", waiting(steady(0, _MINUTES)), _AT),
            Scenario("short waits, and none in between", waiting(then(*["3 3 3 0"] * 10)), _AT),
            Scenario("fifty for four minutes only", waiting(steady(50, _MINUTES)), timedelta(minutes=4)),
            Scenario("SQLite has no server", (), _AT),
        ),
    )


def deadlocks_found(job: str, target: Target) -> Alert:
    """The server has broken up several deadlocks."""
    window = format_duration(COUNT_WINDOW)
    history = 1000

    def found(*steps: int, by: Target = target) -> tuple[InputSeries, ...]:
        """Return the counter: the first step lasts till minute 20, each other one three minutes, the last goes on."""
        first, *middle, last = steps
        middles = (steady(step, 2) for step in middle)
        return (by.series(postgres.DEADLOCKS.name, then(steady(first, 20), *middles, steady(last, _MINUTES))),)

    return Alert(
        name="DeadlocksFound",
        # Half a deadlock below the limit, because increase() extrapolates to the whole window. The counter is there
        # at 0 from the first scrape; statistics that are reset are no deadlock.
        expr=f"max by ({JOB}) (increase({postgres.DEADLOCKS}{{{job}}}[{window}])) > {number(DEADLOCKS - 0.5)}",
        # One more scrape of every exporter, so that the first message has the whole count.
        pending=timedelta(minutes=1),
        severity=Severity.WARNING,
        priority=Priority.P3,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.HIGH_ERROR_RATE,
        summary="Deadlocks in the payment database",
        description=f'The server in {{{{ $labels.environment }}}} has broken up {{{{ $value | printf "%.0f" }}}} '
        f"deadlocks within {window}; its log names the statements.",
        meaning="Transactions lock the same rows in opposite orders, and the server ends one of each pair.",
        impact="Each deadlock fails one request, which its caller has to repeat.",
        scenarios=(
            Scenario("a hundred", found(history, history + 100), timedelta(minutes=22), (target.job_labels,)),
            Scenario("as many as it takes", found(history, history + DEADLOCKS), _AT, (target.job_labels,)),
            Scenario("one by one", found(history, history + 1, history + 2, history + 3), _AT, (target.job_labels,)),
            Scenario(
                "as many after the statistics were reset", found(history, 0, DEADLOCKS), _AT, (target.job_labels,)
            ),
            Scenario(
                "a second exporter has begun after them",
                (
                    *found(history, history + DEADLOCKS),
                    *found(history + DEADLOCKS, history + DEADLOCKS, by=target.second),
                ),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "one less, read by two exporters",
                (*found(history, history + DEADLOCKS - 1), *found(history, history + DEADLOCKS - 1, by=target.second)),
                _AT,
            ),
            Scenario("a long history", found(history, history), _AT),
            Scenario("the statistics are reset", found(history, 0), _AT),
            Scenario("they are long past", found(history, history + 100), timedelta(minutes=45)),
            Scenario("they were found just now", found(history, history + 100), timedelta(minutes=21)),
            Scenario("SQLite has no server", (), _AT),
        ),
    )


def replication_lag_high(job: str, target: Target) -> Alert:
    """The standby is far behind."""
    limit = REPLICATION_LAG.total_seconds()

    def behind(values: str, by: Target = target) -> tuple[InputSeries, ...]:
        return (by.series(postgres.REPLICATION_LAG.name, values),)

    return Alert(
        name="ReplicationLagHigh",
        # Without a standby the lag is 0; without pg_monitor on a server that has one, there is no series.
        expr=f"max by ({JOB}) ({postgres.REPLICATION_LAG}{{{job}}}) > {number(limit)}",
        # A batch or an index makes a standby fall behind and catch up.
        pending=timedelta(minutes=5),
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.DATA_ISSUE,
        incident=IncidentKey.PERFORMANCE_DEGRADATION,
        summary="The standby of the payment database is far behind",
        description="The slowest standby in {{ $labels.environment }} is {{ $value | humanizeDuration }} behind.",
        meaning="The standby replays more slowly than the primary writes, or a query on it holds the replay up.",
        impact="None yet; a fail-over now would have to wait for it, or lose that much.",
        scenarios=(
            Scenario("an hour behind", behind(steady(3600, _MINUTES)), timedelta(minutes=6), (target.job_labels,)),
            Scenario("a little too far", behind(steady(limit * 1.02, _MINUTES)), _AT, (target.job_labels,)),
            Scenario(
                "a little too far, of two exporters the other read earlier",
                (*behind(steady(limit * 1.02, _MINUTES)), *behind(steady(0, _MINUTES), by=target.second)),
                _AT,
                (target.job_labels,),
            ),
            Scenario(
                "a little less, for two exporters",
                (*behind(steady(limit * 0.98, _MINUTES)), *behind(steady(limit * 0.98, _MINUTES), by=target.second)),
                _AT,
            ),
            Scenario("exactly the limit", behind(steady(limit, _MINUTES)), _AT),
            Scenario("no standby", behind(steady(0, _MINUTES)), _AT),
            Scenario("it catches up", behind(then(steady(3600, 20), "3600-600x6", steady(0, 10))), _AT),
            Scenario("an hour behind for four minutes only", behind(steady(3600, _MINUTES)), timedelta(minutes=4)),
            Scenario("SQLite has no server", (), _AT),
        ),
    )
