"""The payment database as its server sees it; of an SQLite file, its size and its oldest attempt.

The exporter's role needs ``pg_monitor`` and SELECT on payment_attempts and pg_stat_statements. What PostgreSQL hides
from a role without ``pg_monitor`` is left out: the standbys, the statements that others run. The sessions of others are
counted then, with the state ``other``. Reads PostgreSQL 12 and later; every figure is of the current database alone.
"""

from __future__ import annotations

import logging
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from payment_catalog.exporter_metrics import postgres
from payment_catalog.exposition import family
from payment_catalog.vocabulary import DatabaseConnectionState, DatabaseTable, ExporterCollector, values
from payment_exporter.collectors.database import APPLICATION_NAME, Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from prometheus_client.core import Metric as MetricFamily
    from sqlalchemy import Connection, Row

    from payment_catalog.database_settings import DatabaseSettings
    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_ATTEMPTS = DatabaseTable.PAYMENT_ATTEMPTS.value

#: One row for each state. A role without pg_monitor is not told the kind of a backend; of the others that have a user,
#: nearly all are clients.
_SESSIONS = text("""
SELECT state, count(*) AS connections,
  greatest(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 0)
    AS longest_query,
  greatest(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) AS longest_transaction,
  count(*) FILTER (WHERE state = 'active' AND extract(epoch FROM clock_timestamp() - query_start) > :long)
    AS long_queries
FROM pg_stat_activity
WHERE datname = current_database() AND application_name IS DISTINCT FROM :exporter
  AND (backend_type = 'client backend' OR backend_type IS NULL AND usesysid IS NOT NULL)
GROUP BY state
""")

#: ``reserved_connections`` is PostgreSQL 16's. Waiting locks are told by who waits: the lock itself may belong to no
#: database, as that on another transaction's end. A standby that is connected and has replayed all that it received is
#: not behind; one that is not connected falls behind without receiving anything. A row of pg_stat_replication without
#: state is hidden from this role.
_SERVER = text("""
SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
    - coalesce(current_setting('reserved_connections', true)::integer, 0) AS connections_limit,
  (SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database() AND application_name IS DISTINCT FROM :exporter
  ) AS locks_waiting,
  (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()) AS deadlocks,
  CASE WHEN standbys.hidden = 0 THEN standbys.streaming END AS replicas,
  CASE
    WHEN NOT pg_is_in_recovery() THEN CASE WHEN standbys.hidden = 0 THEN standbys.lag END
    WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE greatest(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
  END AS replication_lag
FROM (
  SELECT count(*) FILTER (WHERE state = 'streaming') AS streaming, count(*) FILTER (WHERE state IS NULL) AS hidden,
    coalesce(max(extract(epoch FROM replay_lag)), 0) AS lag
  FROM pg_stat_replication
) AS standbys
""")

_SIZE = text("SELECT pg_database_size(current_database())")
_TABLES = text("""
SELECT name, pg_total_relation_size(oid) AS size,
  pg_stat_get_live_tuples(oid) AS live_rows, pg_stat_get_dead_tuples(oid) AS dead_rows
FROM unnest(CAST(:tables AS text[])) AS name JOIN pg_class ON oid = to_regclass(name)
WHERE relkind = 'r'
""")

#: Answered by the first entry of the index payment_attempts_by_age.
_OLDEST = text("SELECT extract(epoch FROM min(created_at)) FROM payment_attempts")

#: Both figures in milliseconds.
_STATEMENTS = """
SELECT coalesce(max({mean}), 0) AS slowest, count(*) FILTER (WHERE {mean} > :slow) AS slow
FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
#: SQLSTATE of a view that is not there, is not the extension's, may not be read, or whose library is not loaded.
_NO_STATEMENTS = frozenset({"42P01", "42703", "42501", "55000"})

_SQLITE_SIZE = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
#: What is no date is left out.
_SQLITE_OLDEST = text("""
SELECT CAST(strftime('%s', oldest) AS INTEGER) FROM (SELECT min(created_at) AS oldest FROM payment_attempts)
WHERE oldest LIKE '____-__-__%'
""")


class PostgresCollector:
    """Reads the server's own figures. ``timeout`` is in seconds.

    Those that no lock and no large directory can hold up come first: they are published also when the rest fails.
    """

    name = ExporterCollector.POSTGRES

    def __init__(self, settings: DatabaseSettings, timeout: float) -> None:
        self._database = Database(settings, timeout)
        self._said_missing = False

    def collect(self, within: float = math.inf) -> Iterator[MetricFamily]:
        """Yield the figures that the database has; raises SQLAlchemyError, OSError, or ValueError for no figure."""
        # Each statement is a transaction of its own: none is spoiled by one that failed, and no snapshot is held.
        with self._database.connect(within) as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            yield from self._postgresql(connection) if connection.dialect.name == "postgresql" else _sqlite(connection)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _postgresql(self, connection: Connection) -> Iterator[MetricFamily]:
        parameters = {"exporter": APPLICATION_NAME, "long": postgres.LONG_STATEMENT_SECONDS}
        yield from sessions(connection.execute(_SESSIONS, parameters).all())
        yield from _server(connection.execute(_SERVER, {"exporter": APPLICATION_NAME}).one())
        yield from _single(postgres.SIZE, connection.scalar(_SIZE))
        tables = connection.execute(_TABLES, {"tables": list(values(DatabaseTable))}).all()
        yield from _tables(tables)
        if any(table.name == _ATTEMPTS for table in tables):
            yield from _single(postgres.OLDEST_ATTEMPT, connection.scalar(_OLDEST))
        yield from self._statements(connection)

    def _statements(self, connection: Connection) -> Iterator[MetricFamily]:
        """Yield nothing without pg_stat_statements, and say so once."""
        mean = "mean_exec_time" if (connection.dialect.server_version_info or ()) >= (13,) else "mean_time"
        try:
            row = connection.execute(
                text(_STATEMENTS.format(mean=mean)), {"slow": postgres.SLOW_STATEMENT_SECONDS * 1000}
            ).one()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _NO_STATEMENTS:
                raise
            if not self._said_missing:
                self._said_missing = True
                log.warning("slow statements are not measured: %s", str(error.orig).partition("\n")[0])
            return
        yield from _single(postgres.SLOWEST_STATEMENT, figure(row.slowest) / 1000)
        yield from _single(postgres.SLOW_STATEMENTS, row.slow)


def _sqlite(connection: Connection) -> Iterator[MetricFamily]:
    yield from _single(postgres.SIZE, connection.scalar(_SQLITE_SIZE))
    if inspect(connection).has_table(_ATTEMPTS):
        yield from _single(postgres.OLDEST_ATTEMPT, connection.scalar(_SQLITE_OLDEST))


def sessions(rows: Sequence[Row[Any]]) -> Iterator[MetricFamily]:
    """Yield what the rows of ``_SESSIONS`` say of connections, queries and transactions; 0 where there are none."""
    connections = dict.fromkeys(DatabaseConnectionState, 0)
    for row in rows:
        connections[connection_state(row.state)] += row.connections
    yield _family(postgres.CONNECTIONS, {(state.value,): number for state, number in connections.items()})
    yield from _single(postgres.LONGEST_QUERY, max((row.longest_query for row in rows), default=0))
    yield from _single(postgres.LONGEST_TRANSACTION, max((row.longest_transaction for row in rows), default=0))
    yield from _single(postgres.LONG_QUERIES, sum(row.long_queries for row in rows))


def connection_state(state: str | None) -> DatabaseConnectionState:
    """Return the state that ``pg_stat_activity`` tells in its own words, such as ``idle in transaction (aborted)``."""
    name = (state or "").replace("(", "").replace(")", "").replace(" ", "_")
    return DatabaseConnectionState(name) if name in set(DatabaseConnectionState) else DatabaseConnectionState.OTHER


def _server(row: Row[Any]) -> Iterator[MetricFamily]:
    yield from _single(postgres.CONNECTIONS_LIMIT, row.connections_limit)
    yield from _single(postgres.LOCKS_WAITING, row.locks_waiting)
    yield from _single(postgres.DEADLOCKS, row.deadlocks)
    yield from _single(postgres.REPLICAS, row.replicas)
    yield from _single(postgres.REPLICATION_LAG, row.replication_lag)


def _tables(rows: Sequence[Row[Any]]) -> Iterator[MetricFamily]:
    """Yield the figures of the tables that exist; a table that has just been dropped has no size."""
    present = [row for row in rows if row.size is not None]
    yield _family(postgres.TABLE_SIZE, {(row.name,): row.size for row in present})
    yield _family(postgres.TABLE_LIVE_ROWS, {(row.name,): row.live_rows for row in present})
    yield _family(postgres.TABLE_DEAD_ROWS, {(row.name,): row.dead_rows for row in present})


def _single(metric: Metric, value: object) -> Iterator[MetricFamily]:
    """Yield the metric without labels, unless the server does not know its value."""
    if value is not None:
        yield _family(metric, {(): value})


def _family(metric: Metric, series: Mapping[tuple[str, ...], object]) -> MetricFamily:
    return family(metric, {labels: figure(value) for labels, value in series.items()})


def figure(value: object) -> float:
    """Return a number from outside as a sample; raises ValueError for anything that is not a number from 0 up."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and number >= 0:
            return number
    raise ValueError(f"a number from 0 up is expected, the server says {value!r:.40}")
