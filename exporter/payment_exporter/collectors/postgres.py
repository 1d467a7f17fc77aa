"""The payment database itself: size, age of rows, slow and long statements."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payment_catalog import exporter_metrics as metrics
from payment_catalog.exposition import gauge_family
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.connection import APPLICATION_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric as MetricFamily
    from sqlalchemy import Connection, Engine

    from payment_catalog.metric import Metric

log = logging.getLogger(__name__)

_POSTGRESQL_SIZE = "SELECT pg_database_size(current_database())"
_POSTGRESQL_OLDEST = "SELECT extract(epoch FROM min(created_at)) FROM payment_attempts"
_POSTGRESQL_LONGEST = """
SELECT greatest(coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0), 0) FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND application_name <> :exporter
"""
_POSTGRESQL_SLOWEST = "SELECT coalesce(max(mean_exec_time), 0) / 1000 FROM pg_stat_statements"

#: SQLSTATE of a view that is not there, is older than PostgreSQL 13, may not be read, or whose library is not loaded.
_NO_STATEMENTS = frozenset({"42P01", "42703", "42501", "55000"})

_SQLITE_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
_SQLITE_OLDEST = "SELECT CAST(strftime('%s', min(created_at)) AS INTEGER) FROM payment_attempts"


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
        yield from _gauge(metrics.DATABASE_LONGEST_QUERY, connection, _POSTGRESQL_LONGEST, exporter=APPLICATION_NAME)
        yield from self._slowest_statement(connection)

    def _slowest_statement(self, connection: Connection) -> Iterator[MetricFamily]:
        """Yield nothing without pg_stat_statements, and say so once."""
        try:
            yield from _gauge(metrics.DATABASE_SLOWEST_STATEMENT, connection, _POSTGRESQL_SLOWEST)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _NO_STATEMENTS:
                raise
            if not self._said_missing:
                self._said_missing = True
                log.warning("slow statements are not measured: %s", str(error.orig).partition("\n")[0])


def _gauge(metric: Metric, connection: Connection, statement: str, **parameters: str) -> Iterator[MetricFamily]:
    value = connection.execute(text(statement), parameters).scalar()
    if value is not None:
        family = gauge_family(metric)
        family.add_metric([], float(value))
        yield family
