"""A backup that cannot be restored to what it was taken from is found, and nothing is left of the attempt."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from payment_catalog.backup_report import (
    LAST_VERIFICATION,
    VerificationOutcome,
    VerificationReport,
    read_report,
    report_of,
)
from payment_service.maintenance.backup import BackupPlan, back_up
from payment_service.maintenance.postgresql_scratch import is_forgotten
from payment_service.maintenance.verification import VerificationError, VerificationPlan, verify_backup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ledger, Postgres, Start, Wait


def backed_up(ledger: Ledger, directory: Path) -> Path:
    report = back_up(ledger.settings, BackupPlan(directory))
    assert report is not None
    return directory / report.file


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    """Change the dump and make its report agree, as an attacker or a broken backup program would."""
    before = gzip.decompress(file.read_bytes()).decode()
    after = change(before)
    assert after != before
    file.write_bytes(gzip.compress(after.encode()))
    report = json.loads(report_of(file).read_text())
    report["size_bytes"] = file.stat().st_size
    report["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    report_of(file).write_text(json.dumps(report))


def verified(ledger: Ledger, directory: Path) -> VerificationReport:
    report = verify_backup(ledger.settings, VerificationPlan(directory))
    assert read_report(directory / LAST_VERIFICATION, VerificationReport) == report
    return report


def throw_away_databases(ledger: Ledger) -> list[str]:
    return ledger.column("SELECT datname FROM pg_database WHERE datname LIKE 'verify%'")


def test_one_changed_amount_is_found_and_its_table_named(ledger: Ledger, backups: Path) -> None:
    rewrite(backed_up(ledger, backups), lambda dump: dump.replace("4711", "4712"))
    report = verified(ledger, backups)
    assert report.outcome is VerificationOutcome.FAILED
    assert "payments: 3 rows, but not the same: expected checksum " in report.reason
    assert "found" in report.reason
    assert "refunds" not in report.reason
    assert report.restore_seconds is not None


def test_a_lost_row_is_found(ledger: Ledger, backups: Path) -> None:
    file = backed_up(ledger, backups)
    rewrite(file, lambda dump: "".join(line for line in dump.splitlines(keepends=True) if "4711" not in line))
    assert "payments: expected 3 rows, found 2" in verified(ledger, backups).reason


def test_a_lost_table_is_found(on_sqlite: Ledger, backups: Path) -> None:
    on_sqlite.run("CREATE TABLE extra (id TEXT)")
    file = backed_up(on_sqlite, backups)
    rewrite(file, lambda dump: dump.replace("CREATE TABLE extra (id TEXT);", ""))
    assert verified(on_sqlite, backups).reason == "extra: expected 0 rows, found no such table"


def test_a_file_that_is_not_the_one_written_is_not_restored(ledger: Ledger, backups: Path) -> None:
    file = backed_up(ledger, backups)
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace(b"4711", b"4712")))
    report = verified(ledger, backups)
    assert "changed after it was written" in report.reason
    assert report.restore_seconds is None


def test_a_truncated_file_is_found(ledger: Ledger, backups: Path) -> None:
    file = backed_up(ledger, backups)
    file.write_bytes(file.read_bytes()[:-20])
    assert "truncated" in verified(ledger, backups).reason


def test_a_corrupted_file_is_found(ledger: Ledger, backups: Path) -> None:
    file = backed_up(ledger, backups)
    file.write_bytes(b"not gzip" + file.read_bytes())
    assert "corrupted" in verified(ledger, backups).reason


def test_a_missing_or_garbled_report_is_said(on_sqlite: Ledger, backups: Path) -> None:
    file = backed_up(on_sqlite, backups)
    report_of(file).write_text('{"file": 5}')
    assert "not a BackupReport" in verified(on_sqlite, backups).reason
    report_of(file).unlink()
    assert "report.json is missing" in verified(on_sqlite, backups).reason


def test_the_first_error_ends_the_restore_and_shows_no_row(ledger: Ledger, backups: Path) -> None:
    file = backed_up(ledger, backups)
    rewrite(file, lambda dump: dump.replace("4711", "secret-word"))
    report = verified(ledger, backups)
    assert report.outcome is VerificationOutcome.FAILED
    if ledger.settings.is_postgresql:
        assert "cannot be restored: psql ended with code 3" in report.reason
        assert report.restore_seconds is None
    assert "secret-word" not in report.reason


def test_a_dump_that_ends_early_is_found(on_sqlite: Ledger, backups: Path) -> None:
    rewrite(backed_up(on_sqlite, backups), lambda dump: dump.removesuffix("COMMIT;\n"))
    assert "ends in the middle" in verified(on_sqlite, backups).reason


def test_a_dump_reaches_no_other_file(on_sqlite: Ledger, backups: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    rewrite(backed_up(on_sqlite, backups), lambda dump: f"ATTACH '{other}' AS other;\n{dump}")
    assert "cannot be restored" in verified(on_sqlite, backups).reason
    assert not other.exists()


def test_the_newest_is_taken_unless_a_file_is_named(on_sqlite: Ledger, backups: Path) -> None:
    older, newer = backed_up(on_sqlite, backups), backed_up(on_sqlite, backups)
    assert verified(on_sqlite, backups).file == newer.name
    assert verify_backup(on_sqlite.settings, VerificationPlan(file=older)).file == older.name
    assert read_report(backups / LAST_VERIFICATION, VerificationReport).file == older.name


def test_a_directory_without_backups_is_a_finding(on_sqlite: Ledger, backups: Path) -> None:
    backups.mkdir()
    report = verified(on_sqlite, backups)
    assert (report.outcome, report.file) == (VerificationOutcome.FAILED, None)
    assert "holds no backup" in report.reason


def test_what_does_not_exist_is_named(on_sqlite: Ledger, backups: Path) -> None:
    with pytest.raises(VerificationError, match="no such directory"):
        verify_backup(on_sqlite.settings, VerificationPlan(backups))
    with pytest.raises(VerificationError, match=r"gone\.sql\.gz: no such file"):
        verify_backup(on_sqlite.settings, VerificationPlan(file=backups / "gone.sql.gz"))


def test_a_backup_of_another_kind_of_database_is_refused(
    on_sqlite: Ledger, fresh_database: Postgres, backups: Path
) -> None:
    backed_up(on_sqlite, backups)
    settings = on_sqlite.settings.model_copy(update={"host": fresh_database.environment["DB_HOST"]})
    with pytest.raises(VerificationError, match="holds a sqlite database"):
        verify_backup(settings, VerificationPlan(backups))


def test_a_server_that_does_not_answer_is_published_as_not_verified(on_postgresql: Ledger, backups: Path) -> None:
    backed_up(on_postgresql, backups)
    settings = on_postgresql.settings.model_copy(update={"port": 1})
    with pytest.raises(VerificationError, match=r"db_backup_.*: .*Connect call failed"):
        verify_backup(settings, VerificationPlan(backups))
    published = read_report(backups / LAST_VERIFICATION, VerificationReport)
    assert published.outcome is VerificationOutcome.FAILED
    assert "Connect call failed" in published.reason


def test_nothing_is_left_of_a_good_or_a_bad_verification(on_postgresql: Ledger, backups: Path) -> None:
    file = backed_up(on_postgresql, backups)
    verified(on_postgresql, backups)
    assert throw_away_databases(on_postgresql) == []
    rewrite(file, lambda dump: f"{dump}\nSELECT 1/0;\n")
    assert "division by zero" in verified(on_postgresql, backups).reason
    assert throw_away_databases(on_postgresql) == []


def test_it_ends_at_its_time_limit_and_leaves_nothing(on_postgresql: Ledger, backups: Path) -> None:
    rewrite(backed_up(on_postgresql, backups), lambda dump: f"{dump}\nSELECT pg_sleep(60);\n")
    plan = VerificationPlan(backups, time_limit=timedelta(seconds=2))
    with pytest.raises(VerificationError, match="has not ended within 2 s"):
        verify_backup(on_postgresql.settings, plan)
    assert throw_away_databases(on_postgresql) == []


COMMAND = """
from pathlib import Path
from payment_service.maintenance.verification import VerificationPlan, verify_backup
verify_backup(settings, VerificationPlan(Path({directory!r})))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_when_it_is_stopped_its_database_is_dropped(
    on_postgresql: Ledger, backups: Path, start: Start, wait: Wait, number: int
) -> None:
    rewrite(backed_up(on_postgresql, backups), lambda dump: f"{dump}\nSELECT pg_sleep(60);\n")
    started = start(COMMAND.format(directory=str(backups)), on_postgresql.settings)
    restoring = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'verify%' "
        "AND query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    )
    wait("the restore is under way", lambda: on_postgresql.value(restoring) == 1)
    code, errors = started.end(number)
    assert code != 0
    assert ("TerminatedError" in errors) == (number == signal.SIGTERM)
    assert throw_away_databases(on_postgresql) == []
    assert read_report(backups / LAST_VERIFICATION, VerificationReport).outcome is VerificationOutcome.FAILED


def test_what_a_killed_run_left_goes_after_a_day_and_nothing_else(
    postgres: Postgres, on_postgresql: Ledger, backups: Path, lines: list[str]
) -> None:
    now = datetime.now(UTC)
    old = f"verify_{now - timedelta(days=2):%Y%m%d_%H%M%S}_0a1b2c3d"
    young = f"verify_{now - timedelta(hours=2):%Y%m%d_%H%M%S}_0a1b2c3d"
    foreign = "verify_customers"
    for name in (old, young, foreign):
        postgres.sql(f"CREATE DATABASE {name}")
    try:
        backed_up(on_postgresql, backups)
        verify_backup(on_postgresql.settings, VerificationPlan(backups), lines.append)
        assert set(throw_away_databases(on_postgresql)) == {young, foreign}
        assert any(old in line for line in lines)
    finally:
        for name in (old, young, foreign):
            postgres.sql(f"DROP DATABASE IF EXISTS {name}")


@pytest.mark.parametrize("name", ["verify_20269999_000000_0a1b2c3d", "verify_20260101_000000", "payments"])
def test_only_our_own_names_are_forgotten_databases(name: str) -> None:
    assert not is_forgotten(name, datetime(2030, 1, 1, tzinfo=UTC))
