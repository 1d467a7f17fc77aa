"""The dashboard ``payment-database``: can payments use the database and Redis, and what waits, fails or runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_catalog import service_metrics as service
from payment_catalog.dashboards import Dashboard
from payment_catalog.exporter_metrics import postgres, redis
from payment_catalog.signal import Query
from payment_catalog.signals import JOB, exporter_job, service_job
from payment_catalog.thresholds import Unit
from payment_catalog.vocabulary import Dependency
from payment_dashboards.board import Board, Row
from payment_dashboards.boards import database_redis, database_server, database_tables
from payment_dashboards.boards.database_redis import NO_REDIS
from payment_dashboards.boards.database_server import NO_SERVER
from payment_dashboards.panels.stat import Stat
from payment_dashboards.states import UP

if TYPE_CHECKING:
    from payment_dashboards.kit import Kit


def database(kit: Kit) -> Board:
    """Return the dashboard."""
    return Board(
        Dashboard.DATABASE,
        "Can payments use the database and Redis? Below, what waits, what is slow, what fails and what runs out.",
        (
            Row(
                "Can payments use them?",
                (
                    reachable(kit, Dependency.DATABASE, "Database"),
                    connections_used(kit),
                    database_size(kit),
                    standbys(kit),
                    reachable(kit, Dependency.REDIS, "Redis", no_value=NO_REDIS),
                    redis_memory_used(kit),
                    redis_ping(kit),
                    redis_uptime(kit),
                ),
            ),
            *database_server.rows(kit),
            *database_tables.rows(kit),
            *database_redis.rows(kit),
        ),
    )


def reachable(kit: Kit, dependency: Dependency, title: str, no_value: str = "no instance") -> Stat:
    """Return whether every instance of the service reaches ``dependency``."""
    up = f'{service.DEPENDENCY_UP}{{{service_job(kit.settings)}, dependency="{dependency}"}}'
    return Stat(
        title=title,
        description="Whether the service reached it at its last check; down where one instance did not.",
        queries=(Query(f"min({up})"),),
        unit=Unit.STATE,
        states=UP,
        value_links=(kit.logs("Errors in the logs", 'level: "ERROR"'),),
        no_value=no_value,
        width=3,
    )


def connections_used(kit: Kit) -> Stat:
    """Return the share of the server's connections that is taken."""
    return Stat(
        title="Connections",
        description="Share of the connections that PostgreSQL accepts which is taken. When all are, new instances of "
        "the service cannot start and nobody can look.",
        queries=(kit.measured("DatabaseConnectionsNearLimit", "taken"),),
        unit=Unit.RATIO,
        limits=kit.limits("DatabaseConnectionsNearLimit"),
        links=kit.runbooks("DatabaseConnectionsNearLimit"),
        no_value=NO_SERVER,
        sparkline=True,
        width=3,
    )


def database_size(kit: Kit) -> Stat:
    """Return the size of the whole database."""
    return Stat(
        title="Size on disk",
        description=f"{postgres.SIZE.description} Its tables are below.",
        queries=(Query(f"max by ({JOB}) ({postgres.SIZE}{{{exporter_job(kit.settings)}}})", "size"),),
        unit=Unit.BYTES,
        sparkline=True,
        width=3,
    )


def standbys(kit: Kit) -> Stat:
    """Return the number of standby servers."""
    return Stat(
        title="Standbys",
        description=f"{postgres.REPLICAS.description} Without one there is nothing to fail over to.",
        queries=(Query(f"max by ({JOB}) ({postgres.REPLICAS}{{{exporter_job(kit.settings)}}})", "standbys"),),
        no_value=NO_SERVER,
        sparkline=True,
        width=3,
    )


def redis_memory_used(kit: Kit) -> Stat:
    """Return the share of ``maxmemory`` that is used."""
    return Stat(
        title="Redis full",
        description="Share of maxmemory that is used. At the limit Redis refuses writes or forgets keys, and requests "
        "are no longer counted.",
        queries=(kit.measured("RedisMemoryNearLimit", "used"),),
        unit=Unit.RATIO,
        limits=kit.limits("RedisMemoryNearLimit"),
        links=kit.runbooks("RedisMemoryNearLimit"),
        no_value="no limit set",
        sparkline=True,
        width=3,
    )


def redis_ping(kit: Kit) -> Stat:
    """Return how long Redis takes to answer."""
    return Stat(
        title="Redis ping",
        description=f"{redis.PING.description} Requests wait for it as long, because each is counted there first.",
        queries=(Query(f"max by ({JOB}) ({redis.PING}{{{exporter_job(kit.settings)}}})", "ping"),),
        unit=Unit.SECONDS,
        no_value=NO_REDIS,
        sparkline=True,
        width=3,
    )


def redis_uptime(kit: Kit) -> Stat:
    """Return for how long Redis has been running; its restarts are where the line falls."""
    return Stat(
        title="Redis uptime",
        description="Time since Redis was started. The line falls to 0 at each restart, which loses the counters of "
        "rate limits where Redis saves nothing.",
        queries=(Query(f"time() - max by ({JOB}) ({redis.START_TIME}{{{exporter_job(kit.settings)}}})", "uptime"),),
        unit=Unit.SECONDS,
        no_value=NO_REDIS,
        sparkline=True,
        width=3,
    )
