"""Rows of the dashboard ``payment-database`` on what the server does: what waits, what is slow, what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import service_metrics as service
from payment_catalog.exporter_metrics import postgres
from payment_catalog.promql import quote
from payment_catalog.signal import Query
from payment_catalog.signals import INSTANCE, JOB, exporter_job, service_job
from payment_catalog.thresholds import ThresholdKey, Unit
from payment_catalog.vocabulary import ConnectionState
from payment_dashboards.board import Row
from payment_dashboards.colours import CONNECTION_STATES
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit

#: SQLite is a file: nobody connects to it, and no other process waits there.
NO_SERVER = "no PostgreSQL"
NO_STATEMENTS = "needs pg_stat_statements"


def rows(kit: Kit) -> tuple[Row, ...]:
    """Return the rows."""
    return (
        Row(
            "What waits for PostgreSQL?",
            (connections(kit), pools(kit), locks_waiting(kit), longest_query(kit), longest_transaction(kit)),
        ),
        Row("What is slow in PostgreSQL, what fails?", (slowest_statement(kit), slow_statements(kit), deadlocks(kit))),
    )


def _of_server(kit: Kit, metric: Metric, legend: str) -> Query:
    """Return a figure of the server's: of several exporters that read it, the highest."""
    return Query(f"max by ({JOB}) ({metric}{{{exporter_job(kit.settings)}}})", legend)


def connections(kit: Kit) -> OverTime:
    """Return the connections to the server by state, and how many it accepts."""
    job = exporter_job(kit.settings)
    return OverTime(
        title="Connections to PostgreSQL",
        description="Connections of all clients by what they do, and how many the server accepts. Those idle in "
        "transaction hold their locks meanwhile.",
        queries=(
            Query(f"max by ({JOB}, state) ({postgres.CONNECTIONS}{{{job}}})", "{{state}}"),
            _of_server(kit, postgres.CONNECTIONS_LIMIT, "limit"),
        ),
        links=kit.runbooks("DatabaseConnectionsNearLimit"),
        colours=CONNECTION_STATES,
        bounds=("limit",),
        stacked=True,
        no_value=NO_SERVER,
        width=12,
    )


def pools(kit: Kit) -> OverTime:
    """Return the connections that each instance of the service uses, and how many its pool opens."""
    job = service_job(kit.settings)
    used = f"{service.DB_CONNECTIONS}{{{job}, state={quote(ConnectionState.IN_USE)}}}"
    return OverTime(
        title="Connections in use by each instance of the service",
        description="Connections of each instance's pool that a request holds, and the most that a pool opens "
        "(DB_MAX_CONNECTIONS). At the maximum further requests wait.",
        queries=(
            Query(f"sum by ({INSTANCE}) ({used})", "{{instance}}"),
            Query(f"max by ({JOB}) ({service.DB_CONNECTIONS_MAX}{{{job}}})", "maximum"),
        ),
        value_links=(kit.logs("Errors in the logs", 'level: "ERROR"'),),
        bounds=("maximum",),
        width=12,
    )


def locks_waiting(kit: Kit) -> OverTime:
    """Return the locks that somebody waits for."""
    return OverTime(
        title="Locks waiting",
        description=f"{postgres.LOCKS_WAITING.description} Short waits are usual; behind one that lasts, requests "
        "pile up.",
        queries=(kit.measured("LocksWaiting", "waiting"),),
        limits=kit.limits("LocksWaiting"),
        links=kit.runbooks("LocksWaiting"),
        no_value=NO_SERVER,
    )


def longest_query(kit: Kit) -> OverTime:
    """Return the age of the oldest statement that runs."""
    query = _of_server(kit, postgres.LONGEST_QUERY, "longest query")
    return OverTime(
        title="Longest query",
        description=f"{postgres.LONGEST_QUERY.description} {kit.settings.threshold(ThresholdKey.LONG_QUERY).source}.",
        queries=(query,),
        unit=Unit.SECONDS,
        limits=kit.threshold(ThresholdKey.LONG_QUERY),
        links=kit.pages(query),
        no_value=NO_SERVER,
    )


def longest_transaction(kit: Kit) -> OverTime:
    """Return the age of the oldest transaction."""
    return OverTime(
        title="Longest transaction",
        description=f"{postgres.LONGEST_TRANSACTION.description} Locks that it holds are held for as long.",
        queries=(kit.measured("LongTransaction", "longest transaction"),),
        unit=Unit.SECONDS,
        limits=kit.limits("LongTransaction"),
        links=kit.runbooks("LongTransaction"),
        no_value=NO_SERVER,
    )


def slowest_statement(kit: Kit) -> OverTime:
    """Return the mean time of the slowest statement."""
    query = _of_server(kit, postgres.SLOWEST_STATEMENT, "slowest statement")
    threshold = kit.settings.threshold(ThresholdKey.SLOW_STATEMENT)
    return OverTime(
        title="Slowest statement (mean)",
        description=f"{postgres.SLOWEST_STATEMENT.description} {threshold.source}.",
        queries=(query,),
        unit=Unit.SECONDS,
        limits=kit.threshold(ThresholdKey.SLOW_STATEMENT),
        links=kit.pages(query),
        no_value=NO_STATEMENTS,
    )


def slow_statements(kit: Kit) -> OverTime:
    """Return how many statements are slow on average, and how many have been running for long."""
    return OverTime(
        title="Slow statements",
        description=f"{postgres.SLOW_STATEMENTS.description} {postgres.LONG_QUERIES.description}",
        queries=(
            _of_server(kit, postgres.SLOW_STATEMENTS, "slow on average"),
            _of_server(kit, postgres.LONG_QUERIES, "running for long"),
        ),
        no_value=NO_SERVER,
    )


def deadlocks(kit: Kit) -> OverTime:
    """Return the deadlocks within the window of their alert."""
    window = kit.window("DeadlocksFound")
    return OverTime(
        title=f"Deadlocks within {window}",
        description=f"Deadlocks that PostgreSQL has found and broken up in the last {window}. Each fails one request; "
        "several are two code paths that lock the same rows in opposite orders.",
        queries=(kit.measured("DeadlocksFound", "deadlocks"),),
        limits=kit.limits("DeadlocksFound"),
        links=kit.runbooks("DeadlocksFound"),
        no_value=NO_SERVER,
    )
