"""Business figures equal the database, whatever happens to rows, clocks and exporters."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from exporter.life_cycles import Expected, life_cycles, live
from service_command import migrate
from waiting import wait_until

from payment_catalog.database_settings import DatabaseSettings
from payment_catalog.exporter_metrics import business
from payment_catalog.vocabulary import Currency, FailureReason, PaymentStatus, RefundStatus
from payment_exporter.collectors.business import BusinessCollector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Postgres

    from payment_catalog.metric import Metric

Samples = dict[tuple[str, tuple[str, ...]], float]

LIFE_CYCLES = 100_000


def exporter_of(database: Postgres) -> BusinessCollector:
    variables = database.environment
    return BusinessCollector(
        DatabaseSettings(
            host=variables["DB_HOST"],
            port=int(variables["DB_PORT"]),
            user=variables["DB_USER"],
            name=variables["DB_NAME"],
        ),
        timeout=30,
    )


@pytest.fixture
def exporter(database: Postgres) -> Iterator[BusinessCollector]:
    collector = exporter_of(database)
    yield collector
    collector.close()


def read(collector: BusinessCollector) -> Samples:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def of(samples: Samples, metric: Metric) -> dict[tuple[str, ...], float]:
    """The series of one metric that are not 0."""
    return {labels: value for (name, labels), value in samples.items() if name == metric.name and value}


def aggregate(database: Postgres, columns: str, table: str, status: str, figure: str) -> dict[tuple[str, ...], float]:
    lines = database.sql(
        f"SELECT {columns}, {figure} FROM {table} WHERE status IN ({status}) GROUP BY {columns}"
    ).splitlines()
    return {tuple(line.split("|")[:-1]): float(line.split("|")[-1]) for line in lines}


def test_totals_equal_plain_aggregates_after_100_000_life_cycles_and_restarts(database: Postgres) -> None:
    """Two exporters read all the time, each is restarted again and again, and nothing that either says goes back."""
    cycles = list(life_cycles(1, LIFE_CYCLES))
    replicas = [exporter_of(database), exporter_of(database)]
    over, restarts, went_back = threading.Event(), 0, []

    def watch() -> int:
        nonlocal restarts
        seen: Samples = {}
        while not over.wait(0.05):
            number = restarts % 2
            samples = read(replicas[number])
            went_back.extend(key for key in samples if samples[key] < seen.get(key, 0))
            seen = samples
            replicas[number].close()
            replicas[number] = exporter_of(database)
            restarts += 1
        return restarts

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        live(database.environment, cycles, seed=2)
    finally:
        over.set()
        watcher.join(60)
    assert went_back == []
    assert restarts >= 10

    samples = read(replicas[0])
    assert samples == read(replicas[1])
    expected = Expected()
    for cycle in cycles:
        expected.add(cycle)
    assert of(samples, business.PAYMENTS) == expected.payments
    assert of(samples, business.FAILURES) == {(reason,): number for reason, number in expected.failures.items()}
    assert of(samples, business.REVENUE) == {(currency,): sum_ for currency, sum_ in expected.revenue.items()}
    assert of(samples, business.REFUNDS) == expected.refunds
    assert of(samples, business.REFUNDED) == {(currency,): sum_ for currency, sum_ in expected.refunded.items()}

    payments = of(samples, business.PAYMENTS)
    for status in ("succeeded", "cancelled"):
        assert {labels: number for labels, number in payments.items() if labels[1] == status} == aggregate(
            database, "method, status, currency", "payments", f"'{status}'", "count(*)"
        )
    assert of(samples, business.REVENUE) == aggregate(
        database, "currency", "payments", "'succeeded'", "sum(amount_minor)"
    )
    assert of(samples, business.REFUNDS) == aggregate(
        database, "status, currency", "refunds", "'succeeded', 'failed'", "count(*)"
    )
    assert of(samples, business.REFUNDED) == aggregate(
        database, "currency", "refunds", "'succeeded'", "sum(amount_minor)"
    )
    for replica in replicas:
        replica.close()


INSERT = (
    "INSERT INTO payments (id, merchant, idempotency_key, request_digest, amount_minor, currency, method, status, "
    "failure_reason, created_at, updated_at) VALUES "
)


def connected(database: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    variables = database.environment
    return psycopg.connect(
        host=variables["DB_HOST"], port=variables["DB_PORT"], user=variables["DB_USER"], dbname=variables["DB_NAME"]
    )


def test_a_payment_that_was_assumed_failed_counts_as_failed_and_as_succeeded(
    database: Postgres, exporter: BusinessCollector
) -> None:
    database.sql(f"{INSERT} ('1', 'shop', '1', '', 500, 'MYR', 'card', 'pending', NULL, now(), now())")
    assert of(read(exporter), business.PAYMENTS) == {}
    database.sql("UPDATE payments SET status = 'failed', failure_reason = 'gateway_timeout'")
    database.sql("UPDATE payments SET status = 'succeeded', failure_reason = NULL")
    database.sql("UPDATE payments SET status = 'succeeded', refunded_minor = 5, updated_at = now() - interval '1 day'")
    samples = read(exporter)
    assert of(samples, business.PAYMENTS) == {("card", "failed", "MYR"): 1, ("card", "succeeded", "MYR"): 1}
    assert of(samples, business.FAILURES) == {(FailureReason.GATEWAY_TIMEOUT,): 1}
    assert of(samples, business.REVENUE) == {("MYR",): 500}


def test_a_role_that_may_read_the_totals_and_nothing_else_is_enough(database: Postgres) -> None:
    database.sql(f"{INSERT} ('1', 'shop', '1', '', 500, 'MYR', 'card', 'succeeded', NULL, now(), now())")
    role = f"reader_of_{database.environment['DB_NAME']}"
    database.sql(f"CREATE ROLE {role} LOGIN")
    database.sql(f"GRANT SELECT ON business_totals TO {role}")
    reader = exporter_of(database.named(database.environment["DB_NAME"], user=role))
    try:
        assert of(read(reader), business.REVENUE) == {("MYR",): 500}
    finally:
        reader.close()
        database.sql(f"DROP OWNED BY {role}")
        database.sql(f"DROP ROLE {role}")


def test_rows_that_are_deleted_stay_counted(database: Postgres, exporter: BusinessCollector) -> None:
    database.sql(f"{INSERT} ('1', 'shop', '1', '', 500, 'MYR', 'card', 'succeeded', NULL, now(), now())")
    before = read(exporter)
    database.sql("DELETE FROM payments")
    assert read(exporter) == before


def test_a_commit_that_comes_late_is_not_missed(database: Postgres, exporter: BusinessCollector) -> None:
    """It was written before, and carries an older time than, what had been counted when it came."""
    with connected(database) as late:
        late.execute(f"{INSERT} ('late', 'shop', 'late', '', 7, 'SGD', 'fpx', 'succeeded', NULL, now(), now())")
        database.sql(f"{INSERT} ('soon', 'shop', 'soon', '', 5, 'SGD', 'fpx', 'succeeded', NULL, now(), now())")
        assert of(read(exporter), business.REVENUE) == {("SGD",): 5}
        late.commit()
        assert of(read(exporter), business.REVENUE) == {("SGD",): 12}


def test_a_transaction_that_is_left_open_holds_nobody_up(database: Postgres, exporter: BusinessCollector) -> None:
    """It counts for the same method, status and currency as those that come after it."""
    with connected(database) as forgotten:
        forgotten.execute(f"{INSERT} ('f', 'shop', 'f', '', 7, 'SGD', 'fpx', 'succeeded', NULL, now(), now())")
        for number in range(3):
            with connected(database) as others:
                others.execute("SET lock_timeout = '10s'")
                others.execute(
                    f"{INSERT} ('{number}', 'shop', '{number}', '', 5, 'SGD', 'fpx', 'succeeded', NULL, now(), now())"
                )
                others.commit()
        assert of(read(exporter), business.REVENUE) == {("SGD",): 15}
        forgotten.commit()
    assert of(read(exporter), business.REVENUE) == {("SGD",): 22}


def test_more_transactions_at_once_than_slots_are_counted(database: Postgres, exporter: BusinessCollector) -> None:
    """The last slot is shared: who comes to it waits for who is in it, and nobody is lost."""
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(database)) for _ in range(70)]
        waiting = []
        for number, connection in enumerate(crowd):
            statement = (
                f"{INSERT} ('{number}', 'shop', '{number}', '', 1, 'THB', 'tng', 'succeeded', NULL, now(), now())"
            )
            thread = threading.Thread(target=connection.execute, args=(statement,))
            thread.start()
            waiting.append((thread, connection))

        def all_have_counted() -> bool:
            for thread, connection in [found for found in waiting if not found[0].is_alive()]:
                connection.commit()
                waiting.remove((thread, connection))
            return not waiting

        wait_until("every transaction has counted", all_have_counted)
    assert of(read(exporter), business.REVENUE) == {("THB",): 70}


def test_a_database_that_was_restored_elsewhere_goes_on_where_it_was(
    database: Postgres, exporter: BusinessCollector, postgres: Postgres
) -> None:
    database.sql(f"{INSERT} ('1', 'shop', '1', '', 500, 'MYR', 'card', 'succeeded', NULL, now(), now())")
    database.sql(f"{INSERT} ('2', 'shop', '2', '', 300, 'MYR', 'card', 'pending', NULL, now(), now())")
    before = read(exporter)
    name = f"{database.environment['DB_NAME']}_restored"
    postgres.sql(f"CREATE DATABASE {name}")
    restored = postgres.named(name)
    variables = database.environment
    address = ("-h", variables["DB_HOST"], "-p", variables["DB_PORT"], "-U", variables["DB_USER"])
    try:
        dump = subprocess.run(
            [str(postgres.binaries / "pg_dump"), *address, "-d", variables["DB_NAME"]],
            check=True,
            capture_output=True,
            timeout=60,
        )
        subprocess.run(
            [str(postgres.binaries / "psql"), *address, "-d", name, "-v", "ON_ERROR_STOP=1", "-q"],
            input=dump.stdout,
            check=True,
            capture_output=True,
            timeout=60,
        )
        collector = exporter_of(restored)
        assert read(collector) == before
        restored.sql("UPDATE payments SET status = 'succeeded' WHERE id = '2'")
        assert of(read(collector), business.REVENUE) == {("MYR",): 800}
        collector.close()
    finally:
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_every_series_exists_before_the_first_payment(exporter: BusinessCollector) -> None:
    samples = read(exporter)
    for currency in Currency:
        assert samples[business.REVENUE.name, (currency,)] == 0
        assert samples[business.REFUNDS.name, (RefundStatus.SUCCEEDED, currency)] == 0
        assert samples[business.PAYMENTS.name, ("card", PaymentStatus.CANCELLED, currency)] == 0
        assert samples[business.CURRENCY_MINOR_UNITS.name, (currency,)] == currency.minor_units
    for reason in FailureReason:
        assert samples[business.FAILURES.name, (reason,)] == 0


def test_what_the_vocabulary_does_not_know_makes_no_series(
    database: Postgres, exporter: BusinessCollector, caplog: pytest.LogCaptureFixture
) -> None:
    database.sql(f"{INSERT} ('1', 'shop', '1', '', 5, 'MYR', E'pigeon\\n\"', 'succeeded', NULL, now(), now())")
    for _ in range(2):
        samples = read(exporter)
        assert of(samples, business.PAYMENTS) == {}
        assert of(samples, business.REVENUE) == {("MYR",): 5}
    assert caplog.text.count("undeclared value") == 1
    assert "pigeon" not in caplog.text


def test_sqlite_counts_as_well(tmp_path: Path) -> None:
    file = tmp_path / "payments.db"
    migrate({"DB_SQLITE_PATH": str(file)})
    with sqlite3.connect(file) as connection:
        connection.execute(f"{INSERT} ('1', 'shop', '1', '', 500, 'MYR', 'card', 'pending', NULL, 'now', 'now')")
        connection.execute(f"{INSERT} ('2', 'shop', '2', '', 30, 'JPY', 'tng', 'failed', 'declined', 'now', 'now')")
        connection.execute("UPDATE payments SET status = 'succeeded' WHERE id = '1'")
        connection.execute("UPDATE payments SET refunded_minor = 1 WHERE id = '1'")
    connection.close()
    collector = BusinessCollector(DatabaseSettings(sqlite_path=file), timeout=5)
    samples = read(collector)
    assert of(samples, business.PAYMENTS) == {("card", "succeeded", "MYR"): 1, ("tng", "failed", "JPY"): 1}
    assert of(samples, business.REVENUE) == {("MYR",): 500}
    assert of(samples, business.FAILURES) == {("declined",): 1}
