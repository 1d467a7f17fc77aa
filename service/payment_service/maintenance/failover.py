"""What people found in a failover test, kept where the exporter reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from payment_catalog.backup_report import (
    LAST_FAILOVER_TEST,
    LONGEST_REASON,
    FailoverTestOutcome,
    FailoverTestReport,
    read_report,
    write_report,
)
from payment_catalog.errors import ForeseenError
from payment_service.maintenance.backup import DEFAULT_DIRECTORY
from payment_service.maintenance.failures import explained
from payment_service.maintenance.progress import Progress, silent

if TYPE_CHECKING:
    from pathlib import Path


class FailoverTestError(ForeseenError):
    """A failover test could not be recorded."""


@dataclass(frozen=True, slots=True)
class FailoverTest:
    """A failover test that has just ended; ``directory`` is the one that the exporter watches."""

    outcome: FailoverTestOutcome
    note: str = ""
    directory: Path = DEFAULT_DIRECTORY


def record_failover_test(
    test: FailoverTest, progress: Progress = silent, *, dry_run: bool = False
) -> FailoverTestReport:
    """Write the report of a test over the one before, and return it; with ``dry_run`` only say what it would be.

    When the last test passed is kept over those that fail. Raises FailoverTestError.
    """
    with explained(FailoverTestError, "failover-test"):
        if len(test.note) > LONGEST_REASON:
            raise FailoverTestError(f"the note has {len(test.note)} characters; {LONGEST_REASON} are allowed")
        if not test.directory.is_dir():
            raise FailoverTestError(f"{test.directory}: no such directory")
        file = test.directory / LAST_FAILOVER_TEST
        now = datetime.now(UTC)
        passed = test.outcome is FailoverTestOutcome.PASSED
        report = FailoverTestReport(
            outcome=test.outcome,
            recorded=now,
            last_passed=now if passed else _last_passed(file, progress),
            note=test.note,
        )
        if dry_run:
            progress(f"would write to {file} that the failover test {test.outcome}")
        else:
            write_report(file, report)
            progress(f"{file}: the failover test {test.outcome}")
        return report


def _last_passed(file: Path, progress: Progress) -> datetime | None:
    try:
        return read_report(file, FailoverTestReport).last_passed
    except FileNotFoundError:
        return None
    except ValueError as error:
        progress(f"{error}; when a test last passed is not known any more")
        return None
