"""A failover test that people did is recorded for the exporter; one that failed does not hide the last that passed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from payment_catalog.backup_report import (
    LAST_FAILOVER_TEST,
    LONGEST_REASON,
    FailoverTestOutcome,
    FailoverTestReport,
    read_report,
)
from payment_service.maintenance.failover import FailoverTest, FailoverTestError, record_failover_test

if TYPE_CHECKING:
    from pathlib import Path

PASSED, FAILED = FailoverTestOutcome


def recorded(directory: Path, outcome: FailoverTestOutcome, note: str = "") -> FailoverTestReport:
    report = record_failover_test(FailoverTest(outcome, note, directory))
    assert read_report(directory / LAST_FAILOVER_TEST, FailoverTestReport) == report
    return report


def test_a_test_is_recorded_with_its_time_and_note(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    report = recorded(tmp_path, PASSED, "replica took over in 40 s")
    assert before <= report.recorded <= datetime.now(UTC)
    assert (report.outcome, report.last_passed) == (PASSED, report.recorded)
    assert report.note == "replica took over in 40 s"


def test_when_a_test_last_passed_is_kept_over_those_that_fail(tmp_path: Path) -> None:
    assert recorded(tmp_path, FAILED).last_passed is None
    passed = recorded(tmp_path, PASSED)
    assert recorded(tmp_path, FAILED).last_passed == passed.recorded
    failed = recorded(tmp_path, FAILED)
    assert failed.last_passed == passed.recorded < failed.recorded


def test_a_garbled_report_is_written_over_and_said(tmp_path: Path) -> None:
    (tmp_path / LAST_FAILOVER_TEST).write_text("{")
    lines: list[str] = []
    report = record_failover_test(FailoverTest(FAILED, directory=tmp_path), lines.append)
    assert report.last_passed is None
    assert "not a FailoverTestReport; when a test last passed is not known any more" in lines[0]
    assert read_report(tmp_path / LAST_FAILOVER_TEST, FailoverTestReport) == report


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    record_failover_test(FailoverTest(PASSED, directory=tmp_path), lines.append, dry_run=True)
    assert lines == [f"would write to {tmp_path / LAST_FAILOVER_TEST} that the failover test passed"]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_recorded_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FailoverTestError, match="nowhere: no such directory"):
        record_failover_test(FailoverTest(PASSED, directory=tmp_path / "nowhere"))
    with pytest.raises(FailoverTestError, match=f"{LONGEST_REASON} are allowed"):
        record_failover_test(FailoverTest(PASSED, "x" * (LONGEST_REASON + 1), tmp_path))
    (tmp_path / LAST_FAILOVER_TEST).mkdir()
    with pytest.raises(FailoverTestError, match="directory"):
        record_failover_test(FailoverTest(PASSED, directory=tmp_path))
