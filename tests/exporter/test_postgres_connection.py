"""The exporter's connection may only read, holds nobody up, and is made again when the server ends it."""

from __future__ import annotations

import math
import socket
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from exporter.postgres_reading import (
    ATTEMPTS,
    CONNECTIONS,
    PAYMENTS,
    STATEMENTS,
    TIMEOUT,
    begin,
    collector_of,
    names,
    read,
    read_until_it_fails,
    session,
    settings_of,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from waiting import wait_until

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.exporter_metrics import postgres as declared
from payment_exporter.collectors.database import APPLICATION_NAME, connect
from payment_exporter.collectors.postgres import PostgresCollector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres_server import Postgres


@pytest.mark.parametrize(("timeout", "within"), [(3, math.inf), (120, 3.5)])
def test_a_table_that_somebody_locks_holds_up_its_own_figures_only(
    database: Postgres, timeout: float, within: float
) -> None:
    """Also where the collector has more time than the scrape: all has ended before that does."""
    with collector_of(database, timeout) as collector, session(database) as holder, session(database) as waiter:
        holder.execute("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
        begin(waiter, "SELECT count(*) FROM payments")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until("the lock is asked for", lambda: database.sql(waiting) != "0")
        started = time.monotonic()
        samples, error = read_until_it_fails(collector, within)
        assert time.monotonic() - started < min(timeout, within)
        assert "lock timeout" in str(error)
        assert samples["database_locks_waiting",] == 1
        assert samples[CONNECTIONS, "idle_in_transaction"] == 1
        assert {"database_longest_transaction_seconds", "database_replicas"} <= names(samples)
        holder.rollback()
        assert ("database_table_size_bytes", "payments") in read(collector)


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
