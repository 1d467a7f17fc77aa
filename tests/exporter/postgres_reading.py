"""What a collector of PostgreSQL publishes, and what happens on the server meanwhile."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from payment_catalog.database_settings import DatabaseSettings
from payment_exporter.collectors.postgres import PostgresCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_server import Postgres

Samples = dict[tuple[str, ...], float]
Session = psycopg.Connection[tuple[Any, ...]]

TIMEOUT = 30.0

CONNECTIONS = "database_connections"
STATEMENTS = {"database_slowest_statement_mean_seconds", "database_slow_statements"}

PAYMENTS = """
INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status,
  created_at, updated_at)
SELECT n, 'shop', n, '', 100, 'MYR', 'card', 'pending', now(), now() FROM generate_series(1, {number}) AS n
"""
ATTEMPTS = """
INSERT INTO payment_attempts (id, payment_id, operation, created_at, resolved_at, next_check_at)
SELECT n, '1', 'refund', to_timestamp(1700000000.25 + n), now(), now() FROM generate_series(0, {number} - 1) AS n
"""


def settings_of(database: Postgres, **changes: Any) -> DatabaseSettings:
    variables = database.environment
    return DatabaseSettings(
        **{
            "host": variables["DB_HOST"],
            "port": int(variables["DB_PORT"]),
            "user": variables["DB_USER"],
            "name": variables["DB_NAME"],
            **changes,
        }
    )


@contextmanager
def collector_of(database: Postgres, timeout: float = TIMEOUT, **changes: Any) -> Iterator[PostgresCollector]:
    collector = PostgresCollector(settings_of(database, **changes), timeout)
    try:
        yield collector
    finally:
        collector.close()


@contextmanager
def session(database: Postgres, **options: Any) -> Iterator[Session]:
    """Open a session; what it still does at the end is cancelled."""
    variables = database.environment
    connection = psycopg.connect(
        host=variables["DB_HOST"],
        port=variables["DB_PORT"],
        user=variables["DB_USER"],
        dbname=variables["DB_NAME"],
        **options,
    )
    try:
        yield connection
        connection.cancel()
    finally:
        connection.close()


def begin(connection: Session, statement: str) -> None:
    """Send a statement, and do not wait for its end."""
    connection.pgconn.send_query(statement.encode())


def read(collector: PostgresCollector) -> Samples:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def read_until_it_fails(collector: PostgresCollector, within: float = math.inf) -> tuple[Samples, Exception]:
    """What is published although the collector fails."""
    samples: Samples = {}
    try:
        for family in collector.collect(within):
            samples |= {(sample.name, *sample.labels.values()): sample.value for sample in family.samples}
    except Exception as error:
        return samples, error
    raise AssertionError("the collector has not failed")


def names(samples: Samples) -> set[str]:
    return {key[0] for key in samples}
