"""Backups, what the reports beside them say, and the targets; nothing that lies there breaks a scrape."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from payment_catalog.backup_report import (
    LARGEST_REPORT,
    LAST_BACKUP,
    LAST_FAILOVER_TEST,
    LAST_VERIFICATION,
    BackupOutcome,
    BackupReport,
    BackupRun,
    DatabaseKind,
    FailoverTestOutcome,
    FailoverTestReport,
    TableContent,
    VerificationOutcome,
    VerificationReport,
    read_report,
    report_of,
    write_report,
)
from payment_catalog.exporter_metrics import COLLECTOR_METRICS
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collectors.backup import BackupCollector
from payment_exporter.configuration import Backup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from prometheus_client.core import Metric as MetricFamily

STARTED = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
FINISHED = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)


def run(outcome: BackupOutcome = BackupOutcome.SUCCEEDED, seconds: float = 300) -> BackupRun:
    return BackupRun(started=STARTED, finished=FINISHED, duration_seconds=seconds, outcome=outcome)


def verification(outcome: VerificationOutcome, restore: float | None) -> VerificationReport:
    return VerificationReport(
        started=STARTED, finished=FINISHED, duration_seconds=90, outcome=outcome, restore_seconds=restore
    )


def failover_test(outcome: FailoverTestOutcome, last_passed: datetime | None) -> FailoverTestReport:
    return FailoverTestReport(outcome=outcome, recorded=FINISHED, last_passed=last_passed, note="by hand")


@pytest.fixture
def collector(tmp_path: Path) -> BackupCollector:
    return BackupCollector(Backup(directory=str(tmp_path)))


def samples(families: Iterable[MetricFamily]) -> dict[str, float]:
    return {sample.name: sample.value for family in families for sample in family.samples}


def published(collector: BackupCollector) -> dict[str, float]:
    """What is shown beside the targets."""
    shown = samples(collector.collect())
    assert shown.pop("backup_recovery_point_objective_seconds") == 15 * 60
    assert shown.pop("backup_recovery_time_objective_seconds") == 4 * 3600
    return shown


def test_the_targets_are_the_configurations_and_come_first(tmp_path: Path) -> None:
    configuration = Backup.model_validate(
        {"directory": str(tmp_path), "recovery_point_objective": "1h30m", "recovery_time_objective": "2d"}
    )
    shown = samples(BackupCollector(configuration).collect())
    assert list(shown.items())[:2] == [
        ("backup_recovery_point_objective_seconds", 5400),
        ("backup_recovery_time_objective_seconds", 172_800),
    ]


def test_everything_declared_is_published(collector: BackupCollector, tmp_path: Path) -> None:
    (tmp_path / "db_backup_1.sql.gz").write_bytes(b"x")
    write_report(tmp_path / LAST_BACKUP, run())
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.VERIFIED, 61.5))
    write_report(tmp_path / LAST_FAILOVER_TEST, failover_test(FailoverTestOutcome.PASSED, FINISHED))
    declared = {metric.name for metric in COLLECTOR_METRICS[ExporterCollector.BACKUP]}
    assert set(samples(collector.collect())) == declared


def test_the_newest_backup_is_measured(collector: BackupCollector, tmp_path: Path) -> None:
    for name, time, size in (("db_backup_1.sql.gz", 2000, 20), ("db_backup_2.sql.gz", 1000, 10), ("other", 3000, 30)):
        (tmp_path / name).write_bytes(b"x" * size)
        os.utime(tmp_path / name, (time, time))
    (tmp_path / "db_backup_3.sql.gz").mkdir()
    (tmp_path / "db_backup_4.sql.gz").symlink_to(tmp_path / "gone")
    assert published(collector) == {
        "backup_files": 2,
        "backup_last_timestamp_seconds": 2000,
        "backup_last_size_bytes": 20,
    }


def test_a_missing_directory_holds_no_backup(tmp_path: Path) -> None:
    assert published(BackupCollector(Backup(directory=str(tmp_path / "nowhere")))) == {"backup_files": 0}


def test_what_cannot_be_read_as_a_directory_is_an_error_after_the_targets(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    families = iter(BackupCollector(Backup(directory=str(tmp_path / "file"))).collect())
    assert len(samples([next(families), next(families)])) == 2
    with pytest.raises(NotADirectoryError):
        next(families)


def test_before_the_first_run_only_the_number_of_backups_is_known(collector: BackupCollector) -> None:
    assert published(collector) == {"backup_files": 0}


def test_the_last_run_and_the_last_verification_are_published(collector: BackupCollector, tmp_path: Path) -> None:
    write_report(tmp_path / LAST_BACKUP, run())
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.VERIFIED, 61.5))
    assert published(collector) == {
        "backup_files": 0,
        "backup_last_run_success": 1,
        "backup_last_run_timestamp_seconds": FINISHED.timestamp(),
        "backup_last_run_duration_seconds": 300,
        "backup_verification_success": 1,
        "backup_verification_timestamp_seconds": FINISHED.timestamp(),
        "backup_restore_duration_seconds": 61.5,
    }


def test_failures_are_published(collector: BackupCollector, tmp_path: Path) -> None:
    write_report(tmp_path / LAST_BACKUP, run(BackupOutcome.FAILED))
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.FAILED, None))
    shown = published(collector)
    assert (shown["backup_last_run_success"], shown["backup_verification_success"]) == (0, 0)
    assert "backup_restore_duration_seconds" not in shown


def test_the_last_failover_test_and_the_last_that_passed_are_published(
    collector: BackupCollector, tmp_path: Path
) -> None:
    write_report(tmp_path / LAST_FAILOVER_TEST, failover_test(FailoverTestOutcome.PASSED, FINISHED))
    assert published(collector) == {
        "backup_files": 0,
        "failover_test_last_timestamp_seconds": FINISHED.timestamp(),
        "failover_test_last_success": 1,
        "failover_test_last_success_timestamp_seconds": FINISHED.timestamp(),
    }
    write_report(tmp_path / LAST_FAILOVER_TEST, failover_test(FailoverTestOutcome.FAILED, STARTED))
    assert published(collector) == {
        "backup_files": 0,
        "failover_test_last_timestamp_seconds": FINISHED.timestamp(),
        "failover_test_last_success": 0,
        "failover_test_last_success_timestamp_seconds": STARTED.timestamp(),
    }
    write_report(tmp_path / LAST_FAILOVER_TEST, failover_test(FailoverTestOutcome.FAILED, None))
    assert "failover_test_last_success_timestamp_seconds" not in published(collector)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"null",
        b"[" * 100_000,
        b'{"outcome": "succeeded"',
        run().model_dump_json().replace("300.0", "NaN").encode(),
        run().model_dump_json().replace("300.0", "1e999").encode(),
        run().model_dump_json().replace("300.0", "-1").encode(),
        run().model_dump_json().replace('"2026-01-02T03:05:00Z"', '"0001-01-01T00:00:00+14:00"').encode(),
        run().model_dump_json().replace("succeeded", "splendid").encode(),
        b" " * (LARGEST_REPORT + 1),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_garbled_report_takes_only_its_own_figures_away(
    collector: BackupCollector, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / LAST_BACKUP).write_bytes(content)
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.VERIFIED, 1))
    for _ in range(3):
        shown = published(collector)
        assert "backup_last_run_success" not in shown
        assert shown["backup_verification_success"] == 1
    assert caplog.text.count("report not readable") == 1
    write_report(tmp_path / LAST_BACKUP, run())
    assert published(collector)["backup_last_run_success"] == 1


def test_what_is_no_file_is_not_waited_for_and_a_link_not_followed(collector: BackupCollector, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_report(elsewhere, verification(VerificationOutcome.VERIFIED, 1))
    os.mkfifo(tmp_path / LAST_BACKUP)
    (tmp_path / LAST_VERIFICATION).symlink_to(elsewhere)
    assert published(collector) == {"backup_files": 0}


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report = BackupReport(
        file="db_backup_20260102_030405.sql.gz",
        size_bytes=5,
        sha256="0" * 64,
        started=STARTED,
        finished=FINISHED,
        duration_seconds=300,
        database=DatabaseKind.SQLITE,
        schema_revision="0002",
        tables={"payments": TableContent(rows=3, checksum="-17")},
    )
    file = report_of(tmp_path / report.file)
    assert file.name == "db_backup_20260102_030405.report.json"
    write_report(file, report)
    assert read_report(file, BackupReport) == report
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("name", ["../db_backup_20260102_030405.sql.gz", "db_backup_20260102_030405.sql.gz\n", "x"])
def test_a_report_names_a_backup_and_nothing_else(tmp_path: Path, name: str) -> None:
    content = json.loads(run().model_dump_json()) | {"file": name}
    (tmp_path / LAST_BACKUP).write_text(json.dumps(content))
    with pytest.raises(ValueError, match="not a BackupRun"):
        read_report(tmp_path / LAST_BACKUP, BackupRun)
