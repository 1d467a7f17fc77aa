"""A backup is whole or not there, and holds one state of the database."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from payment_catalog.backup_report import LAST_BACKUP, BackupOutcome, BackupRun, VerificationOutcome, read_report
from payment_service.ledger import statement_statistics
from payment_service.ledger.database import create_engine
from payment_service.maintenance.backup import BackupError, BackupPlan, back_up
from payment_service.maintenance.exclusive import exclusively
from payment_service.maintenance.verification import VerificationPlan, verify_backup

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Ledger, Postgres, Start, Wait

    from payment_catalog.backup_report import BackupReport
    from payment_catalog.database_settings import DatabaseSettings

SOON = timedelta(milliseconds=300)
LOCKED = "LOCK TABLE payments IN ACCESS EXCLUSIVE MODE"


def made(ledger: Ledger, directory: Path, **plan: object) -> BackupReport:
    report = back_up(ledger.settings, BackupPlan(directory, **plan))  # type: ignore[arg-type]
    assert report is not None
    return report


def names(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()}


def last_run(directory: Path) -> BackupRun:
    return read_report(directory / LAST_BACKUP, BackupRun)


def test_it_can_be_restored_to_what_it_was_taken_from(ledger: Ledger, backups: Path, lines: list[str]) -> None:
    report = made(ledger, backups)
    assert {name: table.rows for name, table in report.tables.items()} == {
        "alembic_version": 1,
        "business_totals": ledger.value("SELECT count(*) FROM business_totals"),
        "payment_attempts": 0,
        "payments": 3,
        "refunds": 0,
    }
    assert report.schema_revision == ledger.value("SELECT version_num FROM alembic_version")
    assert (backups / report.file).stat().st_size == report.size_bytes
    verification = verify_backup(ledger.settings, VerificationPlan(backups), lines.append)
    assert (verification.outcome, verification.reason) == (VerificationOutcome.VERIFIED, "")
    assert verification.file == report.file
    assert verification.restore_seconds is not None
    assert any(line.startswith("restored in") for line in lines)


def test_only_its_owner_may_read_it_but_everybody_its_report(ledger: Ledger, backups: Path) -> None:
    report = made(ledger, backups)
    stem = report.file.removesuffix(".sql.gz")
    assert names(backups) == {report.file, f"{stem}.report.json", LAST_BACKUP}
    assert stat.S_IMODE((backups / report.file).stat().st_mode) == 0o600
    for name in (f"{stem}.report.json", LAST_BACKUP):
        assert stat.S_IMODE((backups / name).stat().st_mode) & 0o444 == 0o444
        assert not re.search(r"\b4711\b", (backups / name).read_text())


def test_what_is_written_meanwhile_is_in_neither_dump_nor_report(ledger: Ledger, backups: Path) -> None:
    def pay(line: str) -> None:
        del line
        ledger.pay()

    report = back_up(ledger.settings, BackupPlan(backups), pay)
    assert report is not None
    assert report.tables["payments"].rows == 3
    assert ledger.value("SELECT count(*) FROM payments") > 4
    verification = verify_backup(ledger.settings, VerificationPlan(backups))
    assert (verification.outcome, verification.reason) == (VerificationOutcome.VERIFIED, "")


def test_equal_rows_in_another_order_have_the_same_checksum(on_postgresql: Ledger, backups: Path) -> None:
    before = made(on_postgresql, backups).tables["payments"]
    on_postgresql.run("UPDATE payments SET amount_minor = amount_minor WHERE amount_minor = 4711")
    assert made(on_postgresql, backups).tables["payments"] == before
    on_postgresql.run("UPDATE payments SET amount_minor = 4712 WHERE amount_minor = 4711")
    changed = made(on_postgresql, backups).tables["payments"]
    assert (changed.rows, changed.checksum == before.checksum) == (before.rows, False)


async def statistics_prepared(settings: DatabaseSettings) -> str:
    engine = create_engine(settings)
    try:
        return await statement_statistics.prepare(engine)
    finally:
        await engine.dispose()


def test_a_user_without_rights_on_extensions_can_back_up_and_restore(
    postgres: Postgres, fresh_database: Postgres, backups: Path, on_postgresql: Ledger
) -> None:
    assert "can be seen" in asyncio.run(statistics_prepared(on_postgresql.settings))
    fresh_database.sql("CREATE ROLE teller LOGIN CREATEDB")
    owner = "payment_service"
    try:
        for table in ("payments", "refunds", "payment_attempts", "business_totals", "alembic_version"):
            fresh_database.sql(f"ALTER TABLE {table} OWNER TO teller")
        for function in fresh_database.sql("SELECT proname FROM pg_proc WHERE proname LIKE 'count\\_%'").splitlines():
            fresh_database.sql(f"ALTER FUNCTION {function} OWNER TO teller")
        settings = on_postgresql.settings.model_copy(update={"user": "teller"})
        back_up(settings, BackupPlan(backups))
        verification = verify_backup(settings, VerificationPlan(backups))
        assert (verification.outcome, verification.reason) == (VerificationOutcome.VERIFIED, "")
    finally:
        fresh_database.sql(f"REASSIGN OWNED BY teller TO {owner}")
        postgres.sql("DROP ROLE teller")


def test_two_within_a_second_have_names_of_their_own(on_sqlite: Ledger, backups: Path) -> None:
    assert made(on_sqlite, backups).file < made(on_sqlite, backups).file


def test_a_dry_run_says_what_it_would_do_and_does_nothing(ledger: Ledger, backups: Path, lines: list[str]) -> None:
    assert back_up(ledger.settings, BackupPlan(backups, dry_run=True), lines.append) is None
    assert "would dump payments: 3 rows" in lines
    assert any(str(backups) in line for line in lines)
    assert not backups.exists()


def test_all_but_the_newest_are_removed_and_the_verified_one_stays(
    on_sqlite: Ledger, backups: Path, lines: list[str]
) -> None:
    verified = made(on_sqlite, backups).file
    verify_backup(on_sqlite.settings, VerificationPlan(backups))
    for day in (1, 2, 3):
        for name in (f"db_backup_2026010{day}_000000.sql.gz", f"db_backup_2026010{day}_000000.report.json"):
            (backups / name).touch()
    back_up(on_sqlite.settings, BackupPlan(backups, keep=2, dry_run=True), lines.append)
    assert len(list(backups.glob("*.sql.gz"))) == 4
    back_up(on_sqlite.settings, BackupPlan(backups, keep=1), lines.append)
    left = {file.name for file in backups.glob("*.sql.gz")}
    assert verified in left
    assert len(left) == 2
    assert len(list(backups.glob("db_backup_*.report.json"))) == 2
    assert sum(line.startswith("removed db_backup_2026010") for line in lines) == 3


def test_two_runs_do_not_overlap(on_sqlite: Ledger, backups: Path) -> None:
    backups.mkdir()
    with exclusively(backups), pytest.raises(BackupError, match="another run is at work"):
        back_up(on_sqlite.settings, BackupPlan(backups))
    assert names(backups) == set()


def test_a_missing_database_leaves_nothing_but_word_of_it(on_sqlite: Ledger, backups: Path) -> None:
    settings = on_sqlite.settings.model_copy(update={"sqlite_path": backups / "nowhere.db"})
    with pytest.raises(BackupError, match="unable to open database file"):
        back_up(settings, BackupPlan(backups))
    assert names(backups) == {LAST_BACKUP}
    run = last_run(backups)
    assert (run.outcome, run.file) == (BackupOutcome.FAILED, None)
    assert "unable to open" in run.reason


def test_a_missing_pg_dump_is_named(
    on_postgresql: Ledger, backups: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not in PATH"):
        back_up(on_postgresql.settings, BackupPlan(backups))
    assert names(backups) == {LAST_BACKUP}


def test_variables_of_postgresqls_programs_do_not_lead_elsewhere(
    on_postgresql: Ledger, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.2")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    assert made(on_postgresql, backups).tables["payments"].rows == 3


@pytest.mark.parametrize("directory", ["/proc/backups", "/dev/null/backups"])
def test_a_directory_that_cannot_be_written_is_named(on_sqlite: Ledger, directory: str) -> None:
    from pathlib import Path  # noqa: PLC0415

    with pytest.raises(BackupError, match=directory.rpartition("/")[0]):
        back_up(on_sqlite.settings, BackupPlan(Path(directory)))


def test_a_disk_without_room_leaves_no_half_backup(ledger: Ledger, backups: Path) -> None:
    """The limit on a file's size stands for the disk's end."""
    ledger.run("CREATE TABLE large (line TEXT)")
    with ledger.engine.begin() as connection:
        for _ in range(40):
            connection.exec_driver_sql(f"INSERT INTO large VALUES ('{os.urandom(8000).hex()}')")
    script = (
        "import resource\n"
        "from pathlib import Path\n"
        "from payment_catalog.database_settings import DatabaseSettings\n"
        "from payment_service.maintenance.backup import BackupPlan, back_up\n"
        f"settings = DatabaseSettings.model_validate_json({ledger.settings.model_dump_json()!r})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        f"back_up(settings, BackupPlan(Path({str(backups)!r})))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, cwd=backups.parent
    )
    assert result.returncode == 1
    assert "BackupError: backup: " in result.stderr
    assert names(backups) == {LAST_BACKUP}


def test_a_held_lock_does_not_hang_it(on_postgresql: Ledger, backups: Path) -> None:
    with on_postgresql.holding(LOCKED), pytest.raises(BackupError, match=r"timeout.*LOCK TABLE public\.payments"):
        back_up(on_postgresql.settings, BackupPlan(backups, lock_timeout=SOON))
    assert names(backups) == {LAST_BACKUP}


def test_it_ends_at_its_time_limit(on_postgresql: Ledger, backups: Path, wait: Wait) -> None:
    with on_postgresql.holding(LOCKED), pytest.raises(BackupError, match=r"has not ended within 0\.3 s"):
        back_up(on_postgresql.settings, BackupPlan(backups, time_limit=SOON))
    assert names(backups) == {LAST_BACKUP}
    wait("pg_dump has ended", lambda: dumps_under_way(on_postgresql) == 0)


def dumps_under_way(ledger: Ledger) -> int:
    return int(
        ledger.value("""
            SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'pg_dump' AND datname = current_database()
        """)
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_when_it_is_stopped_there_is_no_half_backup(
    on_postgresql: Ledger, backups: Path, start: Start, wait: Wait, number: int
) -> None:
    with on_postgresql.holding(LOCKED):
        started = start(COMMAND.format(directory=str(backups)), on_postgresql.settings)
        wait("pg_dump waits for the lock", lambda: dumps_under_way(on_postgresql) == 1)
        assert any(name.endswith(".unfinished") for name in names(backups))
        code, errors = started.end(number)
    assert code != 0
    assert ("TerminatedError: ended by SIGTERM" in errors) == (number == signal.SIGTERM)
    assert names(backups) == {LAST_BACKUP}
    assert last_run(backups).outcome is BackupOutcome.FAILED
    wait("pg_dump has ended", lambda: dumps_under_way(on_postgresql) == 0)


COMMAND = """
from pathlib import Path
from payment_service.maintenance.backup import BackupPlan, back_up
back_up(settings, BackupPlan(Path({directory!r})))
"""


def test_what_a_killed_run_left_is_no_backup_and_goes(
    on_postgresql: Ledger, backups: Path, start: Start, wait: Wait
) -> None:
    with on_postgresql.holding(LOCKED):
        started = start(COMMAND.format(directory=str(backups)), on_postgresql.settings)
        wait("pg_dump waits for the lock", lambda: dumps_under_way(on_postgresql) == 1)
        started.end(signal.SIGKILL)
    (left,) = names(backups)
    assert left.startswith(".")
    report = made(on_postgresql, backups)
    assert names(backups) == {report.file, f"{report.file.removesuffix('.sql.gz')}.report.json", LAST_BACKUP}


def test_a_shells_background_job_can_be_ended(on_postgresql: Ledger, backups: Path, start: Start, wait: Wait) -> None:
    ignoring = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{COMMAND}"
    with on_postgresql.holding(LOCKED):
        started = start(ignoring.format(directory=str(backups)), on_postgresql.settings)
        wait("pg_dump waits for the lock", lambda: dumps_under_way(on_postgresql) == 1)
        _, errors = started.end(signal.SIGTERM)
    assert "TerminatedError: ended by SIGTERM" in errors
    assert names(backups) == {LAST_BACKUP}


def test_sqlites_dump_is_plain_sql(on_sqlite: Ledger, backups: Path) -> None:
    report = made(on_sqlite, backups)
    with closing(sqlite3.connect(":memory:")) as restored:
        restored.executescript(gzip.decompress((backups / report.file).read_bytes()).decode())
        assert restored.execute("SELECT sum(amount_minor) FROM payments").fetchone() == (6310,)


def test_a_wrong_password_reaches_no_report(on_postgresql: Ledger, backups: Path) -> None:
    settings = on_postgresql.settings.model_validate(
        {**on_postgresql.settings.model_dump(), "name": "nowhere", "password": "hush-hush"}
    )
    with pytest.raises(BackupError, match="nowhere") as caught:
        back_up(settings, BackupPlan(backups))
    assert "hush-hush" not in str(caught.value)
    assert "hush-hush" not in json.dumps(last_run(backups).model_dump(mode="json"))
