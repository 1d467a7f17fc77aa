"""What the reports beside the backups say is published, and nothing that lies there breaks a scrape."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from payment_catalog.backup_report import (
    LARGEST_REPORT,
    LAST_BACKUP,
    LAST_VERIFICATION,
    BackupOutcome,
    BackupReport,
    BackupRun,
    DatabaseKind,
    TableContent,
    VerificationOutcome,
    VerificationReport,
    read_report,
    report_of,
    write_report,
)
from payment_exporter.backup import BackupCollector
from payment_exporter.collector import Scrape

if TYPE_CHECKING:
    from pathlib import Path

STARTED = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
FINISHED = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)


def run(outcome: BackupOutcome = BackupOutcome.SUCCEEDED, seconds: float = 300) -> BackupRun:
    return BackupRun(started=STARTED, finished=FINISHED, duration_seconds=seconds, outcome=outcome)


def verification(outcome: VerificationOutcome, restore: float | None) -> VerificationReport:
    return VerificationReport(
        started=STARTED, finished=FINISHED, duration_seconds=90, outcome=outcome, restore_seconds=restore
    )


@pytest.fixture
def registry(tmp_path: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Scrape([BackupCollector(tmp_path)], timeout=10))
    return registry


def published(registry: CollectorRegistry) -> dict[str, float]:
    samples = {sample.name: sample.value for family in registry.collect() for sample in family.samples}
    assert samples.pop("payment_exporter_collector_success") == 1
    samples.pop("payment_exporter_collector_duration_seconds")
    return samples


def test_before_the_first_run_only_the_number_of_backups_is_known(registry: CollectorRegistry) -> None:
    assert published(registry) == {"backup_files": 0}


def test_the_last_run_and_the_last_verification_are_published(registry: CollectorRegistry, tmp_path: Path) -> None:
    write_report(tmp_path / LAST_BACKUP, run())
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.VERIFIED, 61.5))
    assert published(registry) == {
        "backup_files": 0,
        "backup_last_run_success": 1,
        "backup_last_run_timestamp_seconds": FINISHED.timestamp(),
        "backup_last_run_duration_seconds": 300,
        "backup_verification_success": 1,
        "backup_verification_timestamp_seconds": FINISHED.timestamp(),
        "backup_restore_duration_seconds": 61.5,
    }


def test_failures_are_published(registry: CollectorRegistry, tmp_path: Path) -> None:
    write_report(tmp_path / LAST_BACKUP, run(BackupOutcome.FAILED))
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.FAILED, None))
    samples = published(registry)
    assert (samples["backup_last_run_success"], samples["backup_verification_success"]) == (0, 0)
    assert "backup_restore_duration_seconds" not in samples


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
    registry: CollectorRegistry, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / LAST_BACKUP).write_bytes(content)
    write_report(tmp_path / LAST_VERIFICATION, verification(VerificationOutcome.VERIFIED, 1))
    for _ in range(3):
        samples = published(registry)
        assert "backup_last_run_success" not in samples
        assert samples["backup_verification_success"] == 1
    assert caplog.text.count("report not readable") == 1
    write_report(tmp_path / LAST_BACKUP, run())
    assert published(registry)["backup_last_run_success"] == 1


def test_what_is_no_file_is_not_waited_for_and_a_link_not_followed(registry: CollectorRegistry, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_report(elsewhere, verification(VerificationOutcome.VERIFIED, 1))
    os.mkfifo(tmp_path / LAST_BACKUP)
    (tmp_path / LAST_VERIFICATION).symlink_to(elsewhere)
    assert published(registry) == {"backup_files": 0}


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
