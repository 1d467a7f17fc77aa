"""The command ``payment-service`` as an operator types it."""

from __future__ import annotations

import gzip
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

FIUU = {"FIUU_BASE_URL": "http://127.0.0.1:9", "FIUU_MERCHANT_ID": "m"}


def run(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "FIUU_", "REDIS_"))}
    return subprocess.run(
        [str(Path(sys.executable).with_name("payment-service")), *arguments],
        cwd=directory,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_migrate_brings_the_schema_up_and_says_where_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate", "status").returncode == 1
    assert run(tmp_path, "migrate", "up").returncode == 0
    assert run(tmp_path, "migrate", "up").returncode == 0
    assert run(tmp_path, "migrate", "status").returncode == 0
    with sqlite3.connect(tmp_path / "payment-service.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"payments", "refunds", "payment_attempts"} <= tables


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    from payment_service.tables import metadata  # noqa: PLC0415

    run(tmp_path, "migrate", "up")
    connection = sqlite3.connect(tmp_path / "payment-service.db")
    for name, table in metadata.tables.items():
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        assert columns == {column.name for column in table.columns}
    connection.close()


def test_serve_refuses_an_old_schema(tmp_path: Path) -> None:
    result = run(tmp_path, "serve", **FIUU)
    assert result.returncode == 2
    assert "migrate up" in result.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "FIUU_BASE_URL: field required"),
        ({**FIUU, "FIUU_TIMEOUT_SECONDS": "soon"}, "FIUU_TIMEOUT_SECONDS"),
        ({**FIUU, "RATE_LIMIT": "many"}, "RATE_LIMIT"),
        ({**FIUU, "DB_PORT": "x"}, "DB_PORT"),
        ({**FIUU, "DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "the database cannot be used"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    result = run(tmp_path, "serve", **environment)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(tmp_path, "serve", "--migrate", "--port", port, **FIUU)
    assert result.returncode == 2
    assert f":{port}: Address already in use" in result.stderr


def test_a_backup_can_be_restored(tmp_path: Path) -> None:
    run(tmp_path, "migrate", "up")
    result = run(tmp_path, "backup", "--directory", "backups")
    assert result.returncode == 0, result.stderr
    (file,) = (tmp_path / "backups").iterdir()
    assert file.name.startswith("db_backup_")
    restored = sqlite3.connect(":memory:")
    restored.executescript(gzip.decompress(file.read_bytes()).decode())
    assert restored.execute("SELECT count(*) FROM payments").fetchone() == (0,)
    restored.close()


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, "backup", "--directory", "backups", DB_SQLITE_PATH="nowhere.db")
    assert result.returncode == 2
    assert list((tmp_path / "backups").iterdir()) == []
