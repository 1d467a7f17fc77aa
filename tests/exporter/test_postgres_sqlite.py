"""An SQLite file has the figures that it can have."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from exporter.postgres_reading import TIMEOUT, names, read
from sqlalchemy.exc import SQLAlchemyError

from payment_catalog.database_settings import DatabaseSettings
from payment_exporter.collectors.postgres import PostgresCollector

if TYPE_CHECKING:
    from pathlib import Path


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
