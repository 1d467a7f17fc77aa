"""Slow statements are this database's, and a view that only bears the extension's name is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exporter.postgres_reading import STATEMENTS, collector_of, names, read, read_until_it_fails

from payment_catalog.exporter_metrics import postgres as declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_server import Postgres

    from payment_exporter.collectors.postgres import PostgresCollector

#: Views that bear the extension's name, and what comes of them.
IMPOSTORS = {
    "text": "SELECT oid AS dbid, 'often'::text AS mean_exec_time FROM pg_database",
    "text of another database": "SELECT 'this'::text AS dbid, 5.0::float8 AS mean_exec_time FROM pg_database",
    "NaN": "SELECT oid AS dbid, 'NaN'::float8 AS mean_exec_time FROM pg_database",
    "endless": "SELECT oid AS dbid, 'Infinity'::float8 AS mean_exec_time FROM pg_database",
    "before the epoch": "SELECT oid AS dbid, -5.0::float8 + 0 AS mean_exec_time FROM pg_database",
    "an error": "SELECT oid AS dbid, 1 / (oid::bigint - oid::bigint)::float8 AS mean_exec_time FROM pg_database",
}


@pytest.fixture
def collector(database: Postgres) -> Iterator[PostgresCollector]:
    with collector_of(database) as collector:
        yield collector


def test_slow_statements_are_those_of_this_database(
    database: Postgres, postgres: Postgres, collector: PostgresCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared, "SLOW_STATEMENT_SECONDS", 0.5)
    database.sql("SELECT pg_sleep(0.7)")
    postgres.named("postgres").sql("SELECT pg_sleep(1.4), 'elsewhere'")
    view = (
        "FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND mean_time > 500"
    )
    samples = read(collector)
    assert samples["database_slowest_statement_mean_seconds",] == (
        float(database.sql(f"SELECT max(mean_time) {view}")) / 1000
    )
    assert samples["database_slow_statements",] == float(database.sql(f"SELECT count(*) {view}")) >= 1
    monkeypatch.setattr(declared, "SLOW_STATEMENT_SECONDS", 3600)
    assert read(collector)["database_slow_statements",] == 0


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_a_view_that_is_not_the_extensions_is_no_figure_and_spoils_no_other(
    database: Postgres, collector: PostgresCollector, impostor: str
) -> None:
    database.sql("DROP VIEW pg_stat_statements")
    database.sql(f"CREATE VIEW pg_stat_statements AS {IMPOSTORS[impostor]}")
    samples, _ = read_until_it_fails(collector)
    assert names(samples) == {metric.name for metric in declared.METRICS} - STATEMENTS - {declared.OLDEST_ATTEMPT.name}


def test_without_the_extension_its_figures_are_missing_and_that_is_said_once(
    database: Postgres, collector: PostgresCollector, caplog: pytest.LogCaptureFixture
) -> None:
    database.sql("DROP EXTENSION pg_stat_statements CASCADE")
    for _ in range(2):
        samples = read(collector)
        assert not names(samples) & STATEMENTS
        assert ("database_table_size_bytes", "payments") in samples
    assert caplog.messages == ['slow statements are not measured: relation "pg_stat_statements" does not exist']
    database.sql("CREATE EXTENSION pg_stat_statements")
    assert names(read(collector)) >= STATEMENTS
