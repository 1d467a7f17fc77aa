"""Row of the dashboard ``payment-database`` on what grows: the tables, rows that should be gone, the standby's lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.durations import format_duration
from payment_catalog.exporter_metrics import postgres
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, exporter_job
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Row
from payment_dashboards.boards.database_server import NO_SERVER
from payment_dashboards.colours import TABLES
from payment_dashboards.panels.over_time import OverTime
from payment_dashboards.panels.table import Column, Table
from payment_dashboards.states import NEEDS_VACUUM

if TYPE_CHECKING:
    from payment_catalog.metric import Metric
    from payment_dashboards.kit import Kit


def rows(kit: Kit) -> tuple[Row, ...]:
    """Return the row."""
    return (
        Row(
            "What grows in the database, what falls behind?",
            (tables(kit), table_sizes(kit), oldest_attempt(kit), replication_lag(kit)),
        ),
    )


def _of_tables(kit: Kit, metric: Metric, legend: str = "") -> Query:
    labels = f"{JOB}, {postgres.TABLE.name}"
    return Query(f"max by ({labels}) ({metric}{{{exporter_job(kit.settings)}}})", legend)


def tables(kit: Kit) -> Table:
    """Return what is in each table."""
    live, dead = _of_tables(kit, postgres.TABLE_LIVE_ROWS), _of_tables(kit, postgres.TABLE_DEAD_ROWS)
    return Table(
        title="Tables",
        description="Each table's size with its indexes, and its rows as the server estimates them. Dead rows are "
        "those that a vacuum has not removed yet.",
        queries=(
            _of_tables(kit, postgres.TABLE_SIZE),
            live,
            dead,
            Query(f"{dead.expr} / ({live.expr} > 0)"),
            Query(f"({kit.watching.alerts['TableNeedsVacuum'].expr}) * 0 + 1 or {dead.expr} * 0"),
        ),
        columns=(
            Column(source=postgres.TABLE.name, title="Table"),
            Column(source="environment", title="Environment", width=110),
            Column(source="Value #A", title="Size", unit=Unit.BYTES, width=90),
            Column(source="Value #B", title="Live rows", unit=Unit.COUNT, width=90),
            Column(source="Value #C", title="Dead rows", unit=Unit.COUNT, width=90),
            Column(source="Value #D", title="Dead / live", unit=Unit.RATIO, width=90),
            Column(
                source="Value #E",
                title="Needs vacuum",
                unit=Unit.STATE,
                states=NEEDS_VACUUM,
                width=110,
            ),
        ),
        links=kit.runbooks("TableNeedsVacuum"),
        sort="Size",
        descending=True,
        no_value=NO_SERVER,
        width=14,
    )


def table_sizes(kit: Kit) -> OverTime:
    """Return the size of each table over time."""
    return OverTime(
        title="Size of the tables",
        description=f"{postgres.TABLE_SIZE.description} It does not shrink when rows are deleted: their room is used "
        "again.",
        queries=(_of_tables(kit, postgres.TABLE_SIZE, "{{table}}"),),
        unit=Unit.BYTES,
        colours=TABLES,
        stacked=True,
        no_value=NO_SERVER,
        width=10,
    )


def oldest_attempt(kit: Kit) -> OverTime:
    """Return the age of the oldest row of payment_attempts."""
    retention = format_duration(kit.settings.retention.payment_attempts)
    return OverTime(
        title="Oldest row of payment_attempts",
        description=f"Age of the oldest row. The policy keeps {retention}, and maintenance deletes older ones weekly; "
        "beyond the line it does not run.",
        queries=(kit.measured("PaymentAttemptsRetentionOverdue", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("PaymentAttemptsRetentionOverdue"),
        links=kit.runbooks("PaymentAttemptsRetentionOverdue"),
        no_value="no row yet",
        width=12,
    )


def replication_lag(kit: Kit) -> OverTime:
    """Return how far the standby is behind."""
    return OverTime(
        title="Replication lag",
        description=f"{postgres.REPLICATION_LAG.description} A fail-over has to wait for it, or loses that much.",
        queries=(kit.measured("ReplicationLagHigh", "{{environment}}"),),
        unit=Unit.SECONDS,
        limits=kit.limits("ReplicationLagHigh"),
        links=kit.runbooks("ReplicationLagHigh"),
        no_value=NO_SERVER,
        width=12,
    )
