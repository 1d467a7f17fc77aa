"""The figures that a scrape shows."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from payment_catalog.exporter_metrics import EXPORTER_METRICS
from payment_catalog.vocabulary import Currency, FailureReason
from payment_exporter.cli import build_registry, parser

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from conftest import Database

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(monkeypatch: pytest.MonkeyPatch, file: Path, *flags: str) -> Samples:
    monkeypatch.delenv("DB_HOST", raising=False)
    monkeypatch.setenv("DB_SQLITE_PATH", str(file))
    registry = build_registry(parser().parse_args(flags))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


def test_business_figures_equal_the_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.run("""
        INSERT INTO payments VALUES
          ('1', 'card', 'succeeded', 'MYR', 1050, NULL), ('2', 'card', 'succeeded', 'MYR', 950, NULL),
          ('3', 'fpx', 'succeeded', 'JPY', 500, NULL), ('4', 'fpx', 'failed', 'MYR', 7, 'declined'),
          ('5', 'fpx', 'pending', 'MYR', 8, NULL);
        INSERT INTO refunds VALUES ('1', 'succeeded', 'MYR', 50), ('2', 'pending', 'MYR', 10);
    """)
    samples = scrape(monkeypatch, database.file)
    assert value(samples, "business_payments_total", method="card", status="succeeded", currency="MYR") == 2
    assert value(samples, "business_payments_total", method="fpx", status="failed", currency="MYR") == 1
    assert value(samples, "business_revenue_minor_units_total", currency="MYR") == 2000
    assert value(samples, "business_revenue_minor_units_total", currency="JPY") == 500
    assert value(samples, "business_payment_failures_total", reason="declined") == 1
    assert value(samples, "business_refunds_total", status="succeeded", currency="MYR") == 1
    assert value(samples, "business_currency_minor_units", currency="JPY") == 1


def test_every_series_exists_before_the_first_payment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = scrape(monkeypatch, database.file)
    for currency in Currency:
        assert value(samples, "business_revenue_minor_units_total", currency=currency) == 0
    for reason in FailureReason:
        assert value(samples, "business_payment_failures_total", reason=reason) == 0


def test_what_the_vocabulary_does_not_know_makes_no_series(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database.run("INSERT INTO payments VALUES ('1', 'pigeon\n{}\"', 'succeeded', 'MYR', 5, NULL)")
    samples = scrape(monkeypatch, database.file)
    assert value(samples, "payment_exporter_collector_success", collector="business") == 1
    assert not [labels for name, labels in samples if name == "business_payments_total" and "pigeon" in str(labels)]
    assert "undeclared value" in caplog.text


def test_a_missing_database_fails_its_collectors_only_and_recovers(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("DB_HOST", raising=False)
    away = tmp_path / "away"
    database.file.rename(away)
    monkeypatch.setenv("DB_SQLITE_PATH", str(database.file))
    registry = build_registry(parser().parse_args([]))

    def success(collector: str) -> float | None:
        return registry.get_sample_value("payment_exporter_collector_success", {"collector": collector})

    assert (success("business"), success("database"), success("host"), success("backup")) == (0, 0, 1, 1)
    assert "unable to open database file" in caplog.text
    away.rename(database.file)
    assert (success("business"), success("database")) == (1, 1)


def test_the_host_is_measured(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    samples = scrape(monkeypatch, database.file, f"--collector.host.mountpoint={tmp_path}")
    total = value(samples, "host_memory_total_bytes")
    available = value(samples, "host_memory_available_bytes")
    assert total is not None
    assert available is not None
    assert 0 < available < total
    assert value(samples, "host_disk_size_bytes", mountpoint=str(tmp_path))
    assert value(samples, "host_cpu_seconds_total", mode="idle")


def test_the_newest_backup_is_measured(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, time, size in (("db_backup_1.sql.gz", 1000, 10), ("db_backup_2.sql.gz", 2000, 20), ("other", 3000, 30)):
        (tmp_path / name).write_bytes(b"x" * size)
        os.utime(tmp_path / name, (time, time))
    samples = scrape(monkeypatch, database.file, f"--collector.backup.directory={tmp_path}")
    assert value(samples, "backup_files") == 2
    assert value(samples, "backup_last_timestamp_seconds") == 2000
    assert value(samples, "backup_last_size_bytes") == 20


def test_without_a_backup_there_is_no_age(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = scrape(monkeypatch, database.file, "--collector.backup.directory=/nowhere")
    assert value(samples, "backup_files") == 0
    assert value(samples, "backup_last_timestamp_seconds") is None


def test_the_oldest_attempt_is_measured(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert value(scrape(monkeypatch, database.file), "database_oldest_payment_attempt_timestamp_seconds") is None
    database.run("INSERT INTO payment_attempts VALUES ('1', '2026-01-02 03:04:05.678'), ('2', '2026-02-02 00:00:00')")
    oldest = value(scrape(monkeypatch, database.file), "database_oldest_payment_attempt_timestamp_seconds")
    assert oldest == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


def test_a_collector_can_be_switched_off(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = scrape(monkeypatch, database.file, "--no-collector.host", "--no-collector.business")
    names = {name for name, _ in samples}
    assert not {name for name in names if name.startswith(("host_", "business_"))}
    assert value(samples, "payment_exporter_collector_success", collector="host") is None
    assert value(samples, "payment_exporter_collector_success", collector="database") == 1


def test_nothing_is_published_that_is_not_declared(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name for name, _ in scrape(monkeypatch, database.file) if not name.startswith("process_")}
    assert names <= {name for metric in EXPORTER_METRICS for name in metric.series_names}
