"""The database's figures equal a situation that was made for them, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from exporter.postgres_reading import ATTEMPTS, CONNECTIONS, PAYMENTS, begin, collector_of, names, read, session
from waiting import wait_until

from payment_catalog.exporter_metrics import postgres as declared
from payment_catalog.vocabulary import DatabaseConnectionState, DatabaseTable, values
from payment_exporter.collectors.database import APPLICATION_NAME
from payment_exporter.collectors.postgres import connection_state, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.postgres_reading import Samples
    from postgres_server import Postgres

    from payment_exporter.collectors.postgres import PostgresCollector

NONE_OPEN: Samples = {(CONNECTIONS, state): 0 for state in values(DatabaseConnectionState)}


@pytest.fixture
def collector(database: Postgres) -> Iterator[PostgresCollector]:
    with collector_of(database) as collector:
        yield collector


@pytest.fixture
def become(collector: PostgresCollector) -> Callable[..., None]:
    """Wait until the series have these values."""

    def become(expected: Samples) -> None:
        wait_until(str(expected), lambda: expected.items() <= read(collector).items())

    return become


def test_every_declared_metric_is_published_with_every_label_value(
    database: Postgres, collector: PostgresCollector
) -> None:
    database.sql(PAYMENTS.format(number=1))
    database.sql(ATTEMPTS.format(number=1))
    families = {family.samples[0].name: family for family in collector.collect()}
    assert {name: family.type for name, family in families.items()} == {
        metric.name: metric.type.value for metric in declared.METRICS
    }
    for metric in declared.METRICS:
        for label in metric.labels:
            assert {sample.labels[label.name] for sample in families[metric.name].samples} == set(label.values)


def test_connections_are_counted_by_their_state(
    database: Postgres, postgres: Postgres, become: Callable[..., None]
) -> None:
    become(NONE_OPEN)
    with (
        session(database, autocommit=True),
        session(database) as in_transaction,
        session(database) as in_transaction_too,
        session(database) as aborted,
        session(database) as active,
        session(database, options="-c track_activities=off") as untold,
        session(database, application_name=APPLICATION_NAME) as exporter,
        session(database, replication="database"),
        session(postgres.named("postgres")) as elsewhere,
    ):
        for connection in (in_transaction, in_transaction_too, untold, exporter, elsewhere):
            connection.execute("SELECT 1")
        with pytest.raises(psycopg.errors.DivisionByZero):
            aborted.execute("SELECT 1 / 0")
        begin(active, "SELECT pg_sleep(60)")
        become(
            {
                (CONNECTIONS, "idle"): 1,
                (CONNECTIONS, "idle_in_transaction"): 2,
                (CONNECTIONS, "idle_in_transaction_aborted"): 1,
                (CONNECTIONS, "active"): 1,
                (CONNECTIONS, "other"): 1,
            }
        )
    become(NONE_OPEN)


def test_the_limit_is_what_is_left_for_ordinary_roles(database: Postgres, collector: PostgresCollector) -> None:
    limit = int(database.sql("SHOW max_connections")) - int(database.sql("SHOW superuser_reserved_connections"))
    assert read(collector)["database_connections_limit",] == limit


def test_locks_that_are_waited_for_are_counted(
    database: Postgres, postgres: Postgres, become: Callable[..., None]
) -> None:
    database.sql(PAYMENTS.format(number=1))
    waiting: tuple[str, ...] = ("database_locks_waiting",)
    become({waiting: 0})
    with (
        session(database) as holder,
        session(database) as for_row,
        session(database) as for_table,
        session(postgres.named("postgres")) as holder_elsewhere,
        session(postgres.named("postgres")) as elsewhere,
    ):
        holder_elsewhere.execute("SELECT pg_advisory_lock(1)")
        begin(elsewhere, "SELECT pg_advisory_lock(1)")
        holder.execute("UPDATE payments SET updated_at = now()")
        begin(for_row, "UPDATE payments SET updated_at = now()")
        become({waiting: 1})
        holder.execute("LOCK TABLE refunds IN EXCLUSIVE MODE")
        begin(for_table, "BEGIN; LOCK TABLE refunds IN ROW EXCLUSIVE MODE")
        become({waiting: 2})
        holder.rollback()
        become({waiting: 0})


def test_a_long_query_is_timed_and_counted(
    database: Postgres,
    collector: PostgresCollector,
    become: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(declared, "LONG_STATEMENT_SECONDS", 0.3)
    over = {("database_long_queries",): 0.0, ("database_longest_query_seconds",): 0.0}
    become(over)
    with session(database, autocommit=True) as long, session(database, autocommit=True) as exporter:
        exporter.execute(f"SET application_name = '{APPLICATION_NAME}'")
        begin(exporter, "SELECT pg_sleep(60)")
        begin(long, "SELECT pg_sleep(60)")
        become({("database_long_queries",): 1})
        assert read(collector)["database_longest_query_seconds",] > 0.3
        long.cancel()
        exporter.cancel()
        become(over)


def test_a_query_below_the_limit_is_not_counted(
    database: Postgres, collector: PostgresCollector, become: Callable[..., None]
) -> None:
    with session(database) as short:
        begin(short, "SELECT pg_sleep(50)")
        become({(CONNECTIONS, "active"): 1})
        samples = read(collector)
        assert samples["database_longest_query_seconds",] > 0
        assert samples["database_long_queries",] == 0


def test_the_oldest_transaction_is_timed_also_when_it_does_nothing(
    database: Postgres, collector: PostgresCollector, become: Callable[..., None]
) -> None:
    transaction: tuple[str, ...] = ("database_longest_transaction_seconds",)
    become({transaction: 0})
    with session(database) as old, session(database) as young, session(database, autocommit=True) as clock:

        def age() -> float:
            row = clock.execute("SELECT extract(epoch FROM clock_timestamp() - %s)", [started]).fetchone()
            assert row is not None
            return float(row[0])

        (started,) = old.execute("SELECT now()").fetchone() or ()
        young.execute("SELECT 1")
        become({(CONNECTIONS, "idle_in_transaction"): 2})
        before = age()
        samples = read(collector)
        assert before <= samples[transaction] <= age()
        assert samples["database_longest_query_seconds",] == 0
        old.rollback()
        young.rollback()
        become({transaction: 0})


def test_a_deadlock_is_counted(database: Postgres, become: Callable[..., None]) -> None:
    database.sql(PAYMENTS.format(number=2))
    become({("database_deadlocks_total",): 0})
    update = "UPDATE payments SET updated_at = now() WHERE id = '{}'"
    with (
        session(database, options="-c deadlock_timeout=1h") as survivor,
        session(database, options="-c deadlock_timeout=50ms -c statement_timeout=20s") as victim,
    ):
        survivor.execute(update.format(1))
        victim.execute(update.format(2))
        begin(survivor, update.format(2))
        become({("database_locks_waiting",): 1})
        with pytest.raises(psycopg.errors.DeadlockDetected):
            victim.execute(update.format(1))
    become({("database_deadlocks_total",): 1})


def test_tables_have_their_size_and_their_rows_live_and_dead(database: Postgres, become: Callable[..., None]) -> None:
    database.sql("ALTER TABLE payments SET (autovacuum_enabled = false)")
    database.sql(PAYMENTS.format(number=1000))
    database.sql("DELETE FROM payments WHERE id::integer > 600")
    size = float(database.sql("SELECT pg_total_relation_size('payments')"))
    become(
        {
            ("database_table_live_rows", "payments"): 600,
            ("database_table_dead_rows", "payments"): 400,
            ("database_table_live_rows", "refunds"): 0,
            ("database_table_size_bytes", "payments"): size,
        }
    )
    database.sql("VACUUM payments")
    become({("database_table_dead_rows", "payments"): 0})


def test_the_size_is_the_databases(database: Postgres, collector: PostgresCollector) -> None:
    size = "SELECT pg_database_size(current_database())"
    wait_until("both are equal", lambda: read(collector)["database_size_bytes",] == float(database.sql(size)))


def test_a_table_that_is_not_there_yet_has_no_series(database: Postgres, collector: PostgresCollector) -> None:
    database.sql("DROP TABLE business_totals")
    tables = {key[1] for key in read(collector) if key[0] == "database_table_size_bytes"}
    assert tables == set(values(DatabaseTable)) - {"business_totals"}


def test_before_the_first_migration_the_server_is_measured(fresh_database: Postgres) -> None:
    with collector_of(fresh_database) as collector:
        samples = read(collector)
    assert {"database_size_bytes", "database_connections", "database_replicas"} <= names(samples)
    assert not {name for name in names(samples) if "table" in name or "attempt" in name}


def test_the_oldest_attempt_is_found_by_its_index(database: Postgres, collector: PostgresCollector) -> None:
    oldest: tuple[str, ...] = ("database_oldest_payment_attempt_timestamp_seconds",)
    assert oldest not in read(collector)
    database.sql(PAYMENTS.format(number=1))
    database.sql(ATTEMPTS.format(number=20_000))
    database.sql("VACUUM ANALYZE payment_attempts")
    scans = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'payment_attempts'"
    before = database.sql(scans)
    with collector_of(database) as another:
        for reader in (collector, another):
            assert read(reader)[oldest] == 1700000000.25
    wait_until(
        "use of the index is told",
        lambda: int(
            database.sql("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'payment_attempts_by_age'")
        ),
    )
    assert database.sql(scans) == before


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("active", DatabaseConnectionState.ACTIVE),
        ("idle", DatabaseConnectionState.IDLE),
        ("idle in transaction", DatabaseConnectionState.IDLE_IN_TRANSACTION),
        ("idle in transaction (aborted)", DatabaseConnectionState.IDLE_IN_TRANSACTION_ABORTED),
        ("fastpath function call", DatabaseConnectionState.OTHER),
        ("disabled", DatabaseConnectionState.OTHER),
        ("what a later version says", DatabaseConnectionState.OTHER),
        (None, DatabaseConnectionState.OTHER),
    ],
)
def test_a_state_that_is_not_known_is_other(said: str | None, state: DatabaseConnectionState) -> None:
    assert connection_state(said) is state


@pytest.mark.parametrize("said", ["7", None, True, float("nan"), float("inf"), -1, b"7", "secret" * 100])
def test_what_is_no_number_is_no_figure(said: object) -> None:
    with pytest.raises(ValueError, match="a number from 0 up is expected") as raised:
        figure(said)
    assert len(str(raised.value)) < 120
