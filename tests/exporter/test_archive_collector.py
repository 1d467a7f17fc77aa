"""What the report of ``payobs archive`` becomes; a report that is missing or damaged is said, and breaks no scrape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from payment_catalog.archive_report import ArchiveReport
from payment_catalog.backup_report import write_report
from payment_catalog.exporter_metrics import COLLECTOR_METRICS
from payment_catalog.log_archive import REPORT_FILE
from payment_catalog.vocabulary import ExporterCollector
from payment_exporter.collectors.archive import ArchiveCollector
from payment_exporter.configuration import Archive, Collectors

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = datetime(2026, 1, 2, 3, 18, tzinfo=UTC)
STARTED = datetime(2026, 1, 3, 3, 17, tzinfo=UTC)
FINISHED = datetime(2026, 1, 3, 3, 22, tzinfo=UTC)
DUE = datetime(2025, 12, 31, 12, tzinfo=UTC)


def report(*, last_complete: datetime | None, oldest_waiting: datetime | None) -> ArchiveReport:
    return ArchiveReport(
        started=STARTED,
        finished=FINISHED,
        duration_seconds=300.5,
        complete=last_complete == FINISHED,
        archived=40,
        there_already=3,
        failed=2,
        untried=1,
        sent_bytes=123_456,
        last_complete=last_complete,
        oldest_waiting=oldest_waiting,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / REPORT_FILE


@pytest.fixture
def collector(file: Path) -> ArchiveCollector:
    return ArchiveCollector(Archive(report=str(file)))


def published(collector: ArchiveCollector) -> dict[str, float]:
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def test_the_figures_of_a_run_are_published(collector: ArchiveCollector, file: Path) -> None:
    write_report(file, report(last_complete=BEFORE, oldest_waiting=DUE))
    assert published(collector) == {
        "log_archive_report_readable": 1,
        "log_archive_last_success_timestamp_seconds": BEFORE.timestamp(),
        "log_archive_last_run_timestamp_seconds": FINISHED.timestamp(),
        "log_archive_last_run_duration_seconds": 300.5,
        "log_archive_last_run_files archived": 40,
        "log_archive_last_run_files there_already": 3,
        "log_archive_last_run_files failed": 2,
        "log_archive_last_run_files untried": 1,
        "log_archive_last_run_sent_bytes": 123_456,
        "log_archive_oldest_waiting_timestamp_seconds": DUE.timestamp(),
    }
    declared = {metric.name for metric in COLLECTOR_METRICS[ExporterCollector.ARCHIVE]}
    assert {name.split()[0] for name in published(collector)} == declared


def test_what_is_not_known_is_not_published(collector: ArchiveCollector, file: Path) -> None:
    write_report(file, report(last_complete=None, oldest_waiting=None))
    shown = published(collector)
    assert shown["log_archive_report_readable"] == 1
    assert "log_archive_last_success_timestamp_seconds" not in shown
    assert "log_archive_oldest_waiting_timestamp_seconds" not in shown


def test_before_the_first_run_it_is_said_that_there_is_no_report(
    collector: ArchiveCollector, caplog: pytest.LogCaptureFixture
) -> None:
    assert published(collector) == {"log_archive_report_readable": 0}
    assert caplog.text == ""


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"null", b"[" * 100_000, b'{"complete": true}'], ids=lambda content: repr(content[:9])
)
def test_a_damaged_report_is_said_once_and_the_next_one_is_read(
    collector: ArchiveCollector, file: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_bytes(content)
    for _ in range(3):
        assert published(collector) == {"log_archive_report_readable": 0}
    assert [record.message for record in caplog.records] == [
        f"report not readable collector=archive reason={file}: not a ArchiveReport"
    ]
    write_report(file, report(last_complete=FINISHED, oldest_waiting=None))
    assert published(collector)["log_archive_report_readable"] == 1


def test_a_report_of_an_older_release_is_read(collector: ArchiveCollector, file: Path) -> None:
    older = report(last_complete=None, oldest_waiting=None)
    file.write_text(older.model_dump_json(exclude={"last_complete", "oldest_waiting"}))
    assert published(collector)["log_archive_last_run_files archived"] == 40


def test_it_is_off_unless_asked_for() -> None:
    assert not Collectors().archive.enabled
    assert Collectors().archive.report == "/var/log/payment-service/archive.report.json"
