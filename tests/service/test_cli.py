"""The command ``payment-service`` as an operator types it."""

from __future__ import annotations

import gzip
import re
import socket
import sqlite3
from typing import TYPE_CHECKING

import pytest
from service_command import payment_service
from sockets import free_port

from payment_service.security.authentication import Scope, read_api_keys

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Result

FIUU = {
    "FIUU_BASE_URL": "http://127.0.0.1:9",
    "FIUU_MERCHANT_ID": "m",
    "FIUU_VERIFY_KEY": "verify-key",
    "FIUU_SECRET_KEY": "secret-key",
    "DEBUG_PORT": "0",
}


def run(directory: Path, *arguments: str, **environment: str) -> Result:
    return payment_service(*arguments, variables=environment, directory=directory)


def test_migrate_brings_the_schema_up_and_says_where_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate", "status").code == 1
    assert run(tmp_path, "migrate", "up").code == 0
    assert run(tmp_path, "migrate", "up").code == 0
    assert run(tmp_path, "migrate", "status").code == 0
    with sqlite3.connect(tmp_path / "payment-service.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"payments", "refunds", "payment_attempts"} <= tables


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    from payment_service.ledger.tables import metadata  # noqa: PLC0415

    run(tmp_path, "migrate", "up")
    connection = sqlite3.connect(tmp_path / "payment-service.db")
    for name, table in metadata.tables.items():
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        assert columns == {column.name for column in table.columns}
    connection.close()


def test_serve_refuses_an_old_schema(tmp_path: Path) -> None:
    result = run(tmp_path, "serve", **FIUU)
    assert result.code == 2
    assert "migrate up" in result.err


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "FIUU_MERCHANT_ID: field required"),
        ({**FIUU, "FIUU_SECRET_KEY": ""}, "FIUU_SECRET_KEY or FIUU_SECRET_KEY_FILE is needed"),
        ({**FIUU, "FIUU_VERIFY_KEY_FILE": "nowhere"}, "FIUU_VERIFY_KEY_FILE: nowhere: No such file"),
        ({**FIUU, "PAYMENT_API_KEYS_FILE": "nowhere"}, "PAYMENT_API_KEYS_FILE: nowhere: No such file"),
        ({**FIUU, "RATE_LIMIT_WITHOUT_REDIS": "maybe"}, "RATE_LIMIT_WITHOUT_REDIS"),
        ({**FIUU, "FIUU_TIMEOUT_SECONDS": "soon"}, "FIUU_TIMEOUT_SECONDS"),
        ({**FIUU, "RATE_LIMIT": "many"}, "RATE_LIMIT"),
        ({**FIUU, "DB_PORT": "x"}, "DB_PORT"),
        ({**FIUU, "DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "the database cannot be used"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    result = run(tmp_path, "serve", **environment)
    assert result.code == 2
    assert says in result.err
    assert "Traceback" not in result.err


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        # As the service itself has it: two of them do not share a port.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(tmp_path, "serve", "--migrate", "--port", port, **FIUU)
    assert result.code == 2
    assert f"127.0.0.1:{port}: Address already in use; choose another with --port" in result.err


def test_a_backup_can_be_restored(tmp_path: Path) -> None:
    run(tmp_path, "migrate", "up")
    result = run(tmp_path, "backup", "--directory", "backups")
    assert result.code == 0, result.err
    (file,) = (tmp_path / "backups").glob("db_backup_*.sql.gz")
    restored = sqlite3.connect(":memory:")
    restored.executescript(gzip.decompress(file.read_bytes()).decode())
    assert restored.execute("SELECT count(*) FROM payments").fetchone() == (0,)
    restored.close()
    said = run(tmp_path, "verify-backup", "--directory", "backups", "--dry-run")
    assert f"would restore backups/{file.name}" in said.out
    assert not (tmp_path / "backups" / "verification.report.json").exists()
    verified = run(tmp_path, "verify-backup", "--directory", "backups")
    assert verified.code == 0, verified.err
    assert f"{file.name}: verified" in verified.out
    file.write_bytes(file.read_bytes()[:-10])
    damaged = run(tmp_path, "verify-backup", "--directory", "backups")
    assert damaged.code == 1
    assert "truncated" in damaged.err


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, "backup", "--directory", "backups", DB_SQLITE_PATH="nowhere.db")
    assert result.code == 2
    assert [file.name for file in (tmp_path / "backups").iterdir()] == ["backup.report.json"]


def test_a_failover_test_is_recorded_beside_the_backups(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    said = run(tmp_path, "failover-test", "passed", "--directory", "backups", "--dry-run")
    assert (said.code, list((tmp_path / "backups").iterdir())) == (0, [])
    done = run(tmp_path, "failover-test", "failed", "--directory", "backups", "--note", "the replica lagged")
    assert done.code == 0, done.err
    assert "the replica lagged" in (tmp_path / "backups" / "failover-test.report.json").read_text()
    assert run(tmp_path, "failover-test", "splendid", "--directory", "backups").code == 2
    nowhere = run(tmp_path, "failover-test", "passed", "--directory", "nowhere")
    assert nowhere.code == 2
    assert nowhere.err == "payment-service: nowhere: no such directory\n"


def test_care_says_what_it_would_do_and_does_it(tmp_path: Path) -> None:
    run(tmp_path, "migrate", "up")
    said = run(tmp_path, "maintain", "--dry-run")
    assert said.code == 0, said.err
    assert "would" in said.out
    done = run(tmp_path, "maintain")
    assert done.code == 0, done.err
    assert "payment_attempts" in done.out


def test_a_key_is_shown_once_and_its_line_can_be_appended_to_the_file(tmp_path: Path) -> None:
    made = run(tmp_path, "keys", "new", "shop", "--scope", "payments:read")
    assert made.code == 0
    (key,) = re.findall(r"psk_\S+", made.err)
    (tmp_path / "keys").write_text(made.out)
    caller = read_api_keys(tmp_path / "keys").caller(f"Bearer {key}")
    assert caller is not None
    assert (caller.merchant, caller.scopes) == ("shop", {Scope.READ})
    assert run(tmp_path, "keys", "new", "two words").code == 2


def test_a_taken_debug_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run(tmp_path, "serve", "--migrate", "--port", str(free_port()), **{**FIUU, "DEBUG_PORT": port})
    assert result.code == 2
    assert f"127.0.0.1:{port}: already in use; choose another with DEBUG_PORT" in result.err
    assert "Traceback" not in result.err
