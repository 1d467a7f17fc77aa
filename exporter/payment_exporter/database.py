"""The payment database itself: size, age of rows, slow and long statements."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import text

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import gauge_family
from payment_catalog.vocabulary import ExporterCollector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric as MetricFamily
    from sqlalchemy import Connection, Engine

    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_POSTGRESQL_SIZE = "SELECT pg_database_size(current_database())"
_POSTGRESQL_OLDEST = "SELECT extract(epoch FROM min(created_at)) FROM payment_attempts"
_POSTGRESQL_LONGEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0) FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_POSTGRESQL_HAS_STATEMENTS = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"
_POSTGRESQL_SLOWEST = "SELECT coalesce(max(mean_exec_time), 0) / 1000 FROM pg_stat_statements"

_SQLITE_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
_SQLITE_OLDEST = "SELECT unixepoch(min(created_at)) FROM payment_attempts"


class DatabaseCollector:
    """Reads the server's own figures; on SQLite those that a file has."""

    name = ExporterCollector.DATABASE

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._said_missing = False

    def collect(self) -> Sequence[MetricFamily]:
        """Return the figures that the database has."""
        with self._engine.connect() as connection:
            postgresql = self._engine.dialect.name == "postgresql"
            return tuple(self._postgresql(connection) if postgresql else self._sqlite(connection))

    def _sqlite(self, connection: Connection) -> Iterator[MetricFamily]:
        yield from _gauge(metrics.DATABASE_SIZE, connection, _SQLITE_SIZE)
        yield from _gauge(metrics.DATABASE_OLDEST_ATTEMPT, connection, _SQLITE_OLDEST)

    def _postgresql(self, connection: Connection) -> Iterator[MetricFamily]:
        yield from _gauge(metrics.DATABASE_SIZE, connection, _POSTGRESQL_SIZE)
        yield from _gauge(metrics.DATABASE_OLDEST_ATTEMPT, connection, _POSTGRESQL_OLDEST)
        yield from _gauge(metrics.DATABASE_LONGEST_QUERY, connection, _POSTGRESQL_LONGEST)
        if connection.execute(text(_POSTGRESQL_HAS_STATEMENTS)).scalar():
            yield from _gauge(metrics.DATABASE_SLOWEST_STATEMENT, connection, _POSTGRESQL_SLOWEST)
        elif not self._said_missing:
            self._said_missing = True
            log.warning("extension pg_stat_statements is not installed; slow statements are not measured")


def _gauge(metric: Metric, connection: Connection, statement: str) -> Iterator[MetricFamily]:
    value = connection.execute(text(statement)).scalar()
    if value is not None:
        family = gauge_family(metric)
        family.add_metric([], float(value))
        yield family
