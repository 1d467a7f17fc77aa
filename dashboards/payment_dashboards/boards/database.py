"""The dashboard ``payment-database``: PostgreSQL and Redis, from what waits to what runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog.dashboards import Dashboard
from payment_catalog.exporter_metrics import postgres
from payment_catalog.signals import JOB, Query, exporter_job
from payment_catalog.thresholds import Unit
from payment_dashboards.board import Board, Row
from payment_dashboards.panels.over_time import OverTime

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def database(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.DATABASE,
        "PostgreSQL and Redis: what waits, what is slow, and what runs out.",
        (Row("What waits", (connections(kit), longest_transaction(kit))),),
    )


def connections(kit: Kit) -> OverTime:
    """Return the connections to the server by state, and its limit."""
    job = exporter_job(kit.settings)
    return OverTime(
        title="Connections to the server",
        description="Connections of clients to the payment database by state, and how many the server accepts.",
        queries=(
            Query(f"max by ({JOB}, state) ({postgres.CONNECTIONS}{{{job}}})", "{{state}}"),
            Query(f"max by ({JOB}) ({postgres.CONNECTIONS_LIMIT}{{{job}}})", "limit"),
        ),
        bounds=("limit",),
        links=kit.runbooks("DatabaseConnectionsNearLimit"),
        width=12,
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
        width=12,
    )
