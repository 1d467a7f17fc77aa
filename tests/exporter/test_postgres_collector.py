"""The database's figures equal a situation that was made for them, on a real server."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from waiting import wait_until

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.exporter_metrics import postgres as declared
from payment_catalog.vocabulary import DatabaseConnectionState, DatabaseTable, values
from payment_exporter.collectors.database import APPLICATION_NAME, connect
from payment_exporter.collectors.postgres import PostgresCollector, connection_state, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Postgres

Samples = dict[tuple[str, ...], float]
Session = psycopg.Connection[tuple[Any, ...]]

_numbers = count(1)
PROGRAM = str(Path(sys.executable).with_name("payment-service"))
TIMEOUT = 30.0

CONNECTIONS = "database_connections"
NONE_OPEN: Samples = {(CONNECTIONS, state): 0 for state in values(DatabaseConnectionState)}

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


def read_until_it_fails(collector: PostgresCollector) -> tuple[Samples, Exception]:
    """What is published although the collector fails."""
    samples: Samples = {}
    try:
        for family in collector.collect():
            samples |= {(sample.name, *sample.labels.values()): sample.value for sample in family.samples}
    except Exception as error:
        return samples, error
    raise AssertionError("the collector has not failed")


def names(samples: Samples) -> set[str]:
    return {key[0] for key in samples}


@pytest.fixture(scope="module")
def migrated(postgres: Postgres) -> Iterator[Postgres]:
    """A payment database to copy."""
    name = "migrated"
    postgres.sql(f"CREATE DATABASE {name}")
    migrated = postgres.named(name)
    subprocess.run([PROGRAM, "migrate", "up"], env=migrated.environment, check=True, capture_output=True, timeout=120)
    yield migrated
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: Postgres, migrated: Postgres) -> Iterator[Postgres]:
    """A payment database of one's own."""
    name = f"payments_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name} TEMPLATE {migrated.environment['DB_NAME']}")
    yield postgres.named(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


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


def test_a_table_that_somebody_locks_holds_up_its_own_figures_only(database: Postgres) -> None:
    with collector_of(database, timeout=6) as collector, session(database) as holder, session(database) as waiter:
        holder.execute("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
        begin(waiter, "SELECT count(*) FROM payments")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until("the lock is asked for", lambda: database.sql(waiting) != "0")
        samples, error = read_until_it_fails(collector)
        assert "lock timeout" in str(error)
        assert samples["database_locks_waiting",] == 1
        assert samples[CONNECTIONS, "idle_in_transaction"] == 1
        assert {"database_longest_transaction_seconds", "database_replicas"} <= names(samples)
        holder.rollback()
        assert ("database_table_size_bytes", "payments") in read(collector)


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


STATEMENTS = {"database_slowest_statement_mean_seconds", "database_slow_statements"}
#: Views that bear the extension's name, and what comes of them.
IMPOSTORS = {
    "text": "SELECT oid AS dbid, 'often'::text AS mean_exec_time FROM pg_database",
    "text of another database": "SELECT 'this'::text AS dbid, 5.0::float8 AS mean_exec_time FROM pg_database",
    "NaN": "SELECT oid AS dbid, 'NaN'::float8 AS mean_exec_time FROM pg_database",
    "endless": "SELECT oid AS dbid, 'Infinity'::float8 AS mean_exec_time FROM pg_database",
    "before the epoch": "SELECT oid AS dbid, -5.0::float8 + 0 AS mean_exec_time FROM pg_database",
    "an error": "SELECT oid AS dbid, 1 / (oid::bigint - oid::bigint)::float8 AS mean_exec_time FROM pg_database",
}


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


@pytest.fixture
def plain(database: Postgres) -> Iterator[str]:
    """A role that may log in."""
    role = f"plain_{database.environment['DB_NAME']}"
    database.sql(f"CREATE ROLE {role} LOGIN")
    yield role
    database.sql(f"DROP OWNED BY {role}")
    database.sql(f"DROP ROLE {role}")


def test_a_role_without_rights_has_what_it_may_see(
    database: Postgres, plain: str, caplog: pytest.LogCaptureFixture
) -> None:
    database.sql(PAYMENTS.format(number=1))
    database.sql(ATTEMPTS.format(number=1))
    every = {metric.name for metric in declared.METRICS}
    with session(database) as open_, collector_of(database, user=plain) as collector:
        open_.execute("SELECT 1")
        _, error = read_until_it_fails(collector)
        assert "permission denied for table payment_attempts" in str(error)

        database.sql(f"GRANT SELECT ON payment_attempts TO {plain}")
        wait_until("the session of another is counted", lambda: read(collector)[CONNECTIONS, "other"] == 1)
        samples = read(collector)
        assert samples[CONNECTIONS, "idle_in_transaction"] == 0
        assert names(samples) == every - STATEMENTS
        assert "permission denied for view pg_stat_statements" in caplog.text

        database.sql(f"GRANT pg_monitor TO {plain}")
        database.sql(f"GRANT SELECT ON pg_stat_statements TO {plain}")
        samples = read(collector)
        assert samples[CONNECTIONS, "idle_in_transaction"] == 1
        assert names(samples) == every


LAG: tuple[str, ...] = ("database_replication_lag_seconds",)
REPLICAS: tuple[str, ...] = ("database_replicas",)


@contextmanager
def standby_of(primary: Postgres) -> Iterator[Postgres]:
    """A standby that streams, made by pg_basebackup as the user that the server runs as."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    directory = str(primary.data / "standby")
    program, cluster = str(primary.binaries / "pg_ctl"), str(primary.data / "cluster")
    user = primary.control[: primary.control.index(program)]
    variables = primary.environment
    subprocess.run(
        [
            *(*user, str(primary.binaries / "pg_basebackup"), "-D", directory, "-R", "-X", "stream", "-c", "fast"),
            *("--no-sync", "-h", variables["DB_HOST"], "-p", variables["DB_PORT"], "-U", variables["DB_USER"]),
        ],
        check=True,
        capture_output=True,
        timeout=120,
        cwd="/",
    )
    standby = replace(
        primary,
        environment={**variables, "DB_PORT": port},
        control=tuple(directory if word == cluster else word for word in primary.control),
    )
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()


def test_standbys_are_counted_and_their_lag_is_told_on_both_sides(mortal_postgres: Postgres) -> None:
    primary = mortal_postgres
    primary.sql("CREATE ROLE plain LOGIN")
    primary.sql("CREATE TABLE writes (number integer)")
    # A standby tells how far it is so often.
    primary.sql("ALTER SYSTEM SET wal_receiver_status_interval = '1s'")
    with collector_of(primary) as on_primary, collector_of(primary, user="plain") as by_plain:
        samples = read(on_primary)
        assert (samples[REPLICAS], samples[LAG]) == (0, 0)
        assert read(by_plain)[REPLICAS] == 0

        with standby_of(primary) as standby, collector_of(standby) as on_standby:
            wait_until("the standby streams", lambda: read(on_primary)[REPLICAS] == 1)
            hidden = read(by_plain)
            assert REPLICAS not in hidden
            assert LAG not in hidden
            assert read(on_standby)[REPLICAS] == 0

            primary.sql("INSERT INTO writes VALUES (1)")
            wait_until("it is replayed", lambda: standby.sql("SELECT count(*) FROM writes") == "1")
            wait_until("the standby has caught up", lambda: read(on_standby)[LAG] == 0)
            with collector_of(standby, user="plain") as by_plain_there:
                assert read(by_plain_there)[LAG] == 0

            standby.sql("SELECT pg_wal_replay_pause()")
            wait_until("it pauses", lambda: standby.sql("SELECT pg_get_wal_replay_pause_state()") == "paused")
            primary.sql("INSERT INTO writes VALUES (2)")
            wait_until("the standby is behind", lambda: read(on_standby)[LAG] > 0.5)
            wait_until("the primary sees it", lambda: read(on_primary)[LAG] > 0.5)
            first = read(on_standby)[LAG]
            wait_until("it falls further behind", lambda: read(on_standby)[LAG] > first)
            standby.sql("SELECT pg_wal_replay_resume()")
            wait_until("it has caught up again", lambda: read(on_standby)[LAG] == 0)

            primary.stop()
            wait_until("a standby that is cut off falls behind", lambda: read(on_standby)[LAG] > 0)
            primary.start()
            wait_until("it streams again", lambda: read(on_primary)[REPLICAS] == 1)
            wait_until("it is not behind any more", lambda: read(on_standby)[LAG] == 0)
        wait_until("the standby is gone", lambda: read(on_primary)[REPLICAS] == 0)


def test_a_server_that_was_stopped_fails_and_is_read_again_by_the_same_collector(mortal_postgres: Postgres) -> None:
    with collector_of(mortal_postgres) as collector:
        assert read(collector)
        mortal_postgres.stop()
        with pytest.raises(OperationalError, match="connection"):
            read(collector)
        mortal_postgres.start()
        assert read(collector)
        mortal_postgres.stop()
        mortal_postgres.start()
        assert read(collector), "a restart between two scrapes is not noticed"


def refuses(server: Postgres, role: str) -> bool:
    """Whether the role is not let in without a password."""
    try:
        with session(server.named("payment_service", role)):
            return False
    except psycopg.OperationalError:
        return True


def test_a_rotated_password_is_read_at_the_next_connection(mortal_postgres: Postgres, tmp_path: Path) -> None:
    server = mortal_postgres
    rules = server.data / "cluster" / "pg_hba.conf"
    rules.write_text(f"host all rotating 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    server.sql("CREATE ROLE rotating LOGIN PASSWORD 'first-password'")
    server.sql("SELECT pg_reload_conf()")
    wait_until("a password is asked for", lambda: refuses(server, "rotating"))
    file = tmp_path / "password"
    with collector_of(server, user="rotating", password_file=file) as collector:
        with pytest.raises(OSError, match=str(file)):
            read(collector)
        file.write_text("first-password\n")
        assert read(collector)

        server.sql("ALTER ROLE rotating PASSWORD 'second-password'")
        assert read(collector), "the connection that is open stays so"
        sessions = "FROM pg_stat_activity WHERE usename = 'rotating'"
        server.sql(f"SELECT pg_terminate_backend(pid) {sessions}")
        wait_until("the connection is gone", lambda: server.sql(f"SELECT count(*) {sessions}") == "0")
        with pytest.raises(OperationalError, match="password authentication failed") as raised:
            read(collector)
        assert "first-password" not in str(raised.value)
        file.write_text("second-password")
        assert read(collector)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = DatabaseSettings(host="127.0.0.1", port=silent.getsockname()[1])
        collector = PostgresCollector(settings, timeout=0.2)
        with pytest.raises(OperationalError, match="timeout"):
            read(collector)


def test_the_connection_cannot_write_and_has_limits(database: Postgres) -> None:
    engine = connect(settings_of(database), timeout=2)
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            connection.execute(text("DELETE FROM payments"))
        connection.rollback()
        with pytest.raises(DBAPIError, match="statement timeout"):
            connection.execute(text("SELECT pg_sleep(60)"))
        connection.rollback()
        assert connection.scalar(text("SHOW lock_timeout")) == "500ms"
        assert connection.scalar(
            text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        ) == (APPLICATION_NAME)
    engine.dispose()


def test_no_statement_is_prepared_however_often_it_is_sent(database: Postgres) -> None:
    engine = connect(settings_of(database), TIMEOUT)
    with engine.connect() as connection:
        prepared = [connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) for _ in range(10)]
    assert set(prepared) == {0}
    engine.dispose()


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


@pytest.fixture
def sqlite_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DB_HOST", raising=False)
    return tmp_path / "payments.db"


def run_sqlite(file: Path, script: str) -> None:
    connection = sqlite3.connect(file)
    connection.executescript(script)
    connection.close()


def test_an_sqlite_file_has_its_size_and_its_oldest_attempt(sqlite_file: Path) -> None:
    collector = PostgresCollector(DatabaseSettings(sqlite_path=sqlite_file), TIMEOUT)
    with pytest.raises(SQLAlchemyError, match="unable to open database file"):
        read(collector)
    run_sqlite(sqlite_file, "CREATE TABLE other (id TEXT)")
    assert read(collector) == {("database_size_bytes",): sqlite_file.stat().st_size}
    run_sqlite(sqlite_file, "CREATE TABLE payment_attempts (id TEXT, created_at TEXT)")
    assert names(read(collector)) == {"database_size_bytes"}
    run_sqlite(
        sqlite_file,
        "INSERT INTO payment_attempts VALUES ('1', '2023-11-14 22:13:20.250000'), ('2', '2024-01-01 00:00:00')",
    )
    assert read(collector) == {
        ("database_size_bytes",): sqlite_file.stat().st_size,
        ("database_oldest_payment_attempt_timestamp_seconds",): 1700000000,
    }
    collector.close()


@pytest.mark.parametrize("created", ["'yesterday'", "12345", "'12345'", "''", "'2023-99-99 00:00:00'", "x'00ff'"])
def test_what_is_no_date_in_an_sqlite_file_is_left_out(sqlite_file: Path, created: str) -> None:
    run_sqlite(
        sqlite_file,
        f"CREATE TABLE payment_attempts (id TEXT, created_at); INSERT INTO payment_attempts VALUES ('1', {created})",
    )
    assert names(read(PostgresCollector(DatabaseSettings(sqlite_path=sqlite_file), TIMEOUT))) == {"database_size_bytes"}
