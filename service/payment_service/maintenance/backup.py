"""Backups of the payment database: ``db_backup_<UTC time>.sql.gz``, complete or not there at all.

Beside each lies a report with the rows and a checksum of each table, counted in the snapshot that was dumped.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from payment_catalog.backup_report import (
    LAST_BACKUP,
    LAST_VERIFICATION,
    LONGEST_REASON,
    BackupOutcome,
    BackupReport,
    BackupRun,
    DatabaseKind,
    VerificationOutcome,
    VerificationReport,
    read_report,
    report_of,
    write_report,
)
from payment_catalog.errors import ForeseenError
from payment_service.maintenance import backup_files
from payment_service.maintenance.exclusive import exclusively
from payment_service.maintenance.failures import explained
from payment_service.maintenance.progress import Progress, silent
from payment_service.maintenance.running import run_to_end, within
from payment_service.maintenance.snapshot import open_snapshot

if TYPE_CHECKING:
    from payment_catalog.database_settings import DatabaseSettings

DEFAULT_DIRECTORY = Path("/backups/payment-service")


class BackupError(ForeseenError):
    """A backup that could not be made."""


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """How to back up. ``keep`` is how many backups stay; 0 keeps all."""

    directory: Path = DEFAULT_DIRECTORY
    keep: int = 0
    lock_timeout: timedelta = timedelta(seconds=30)
    time_limit: timedelta = timedelta(hours=1)
    dry_run: bool = False


def back_up(settings: DatabaseSettings, plan: BackupPlan, progress: Progress = silent) -> BackupReport | None:
    """Write a backup with its report, publish how the run went, and return the report.

    A dry run says what would be done, changes nothing and returns ``None``. Raises BackupError (also when
    another run is at work), TerminatedError or KeyboardInterrupt, and leaves nothing half-done.
    """
    if plan.dry_run:
        with explained(BackupError, "backup"):
            run_to_end(_say(settings, plan, progress))
        return None
    with explained(BackupError, "backup"):
        plan.directory.mkdir(parents=True, exist_ok=True)
        with exclusively(plan.directory):
            return _published(settings, plan, progress)


def _published(settings: DatabaseSettings, plan: BackupPlan, progress: Progress) -> BackupReport:
    started, clock = datetime.now(UTC), time.monotonic()

    def publish(outcome: BackupOutcome, reason: str, file: str | None) -> None:
        run = BackupRun(
            started=started,
            finished=datetime.now(UTC),
            duration_seconds=time.monotonic() - clock,
            outcome=outcome,
            reason=reason,
            file=file,
        )
        write_report(plan.directory / LAST_BACKUP, run)

    try:
        with explained(BackupError, "backup"):
            report = run_to_end(_back_up(settings, plan, progress))
    except BaseException as error:
        with suppress(OSError):  # the error that is raised says more
            publish(BackupOutcome.FAILED, (str(error) or "interrupted")[:LONGEST_REASON], None)
        raise
    publish(BackupOutcome.SUCCEEDED, "", report.file)
    _prune(plan, progress)
    return report


async def _back_up(settings: DatabaseSettings, plan: BackupPlan, progress: Progress) -> BackupReport:
    async with within(plan.time_limit):
        backup_files.remove_unfinished(plan.directory)
        target = await backup_files.free_name(plan.directory)
        unfinished = backup_files.create_unfinished(target)
        try:
            report = await _dump(settings, plan, target.name, unfinished, progress)
            write_report(report_of(target), report)
            try:
                backup_files.finish(unfinished, target)
            except BaseException:
                report_of(target).unlink(missing_ok=True)
                raise
        finally:
            unfinished.unlink(missing_ok=True)
    rows = sum(table.rows for table in report.tables.values())
    progress(f"{target}: {rows} rows, {report.size_bytes} bytes, {report.duration_seconds:.1f} s")
    return report


async def _dump(
    settings: DatabaseSettings, plan: BackupPlan, name: str, unfinished: Path, progress: Progress
) -> BackupReport:
    started, clock = datetime.now(UTC), time.monotonic()
    async with open_snapshot(settings, lock_timeout=plan.lock_timeout, time_limit=plan.time_limit) as snapshot:
        progress(f"dumping {_name(settings)}")
        await snapshot.dump(unfinished)
        progress("counting rows in the same snapshot")
        tables = await snapshot.contents()
        revision = await snapshot.revision()
    size, digest = await backup_files.fingerprint_of(unfinished)
    return BackupReport(
        file=name,
        size_bytes=size,
        sha256=digest,
        started=started,
        finished=datetime.now(UTC),
        duration_seconds=time.monotonic() - clock,
        database=DatabaseKind.of(settings),
        schema_revision=revision,
        tables=tables,
    )


async def _say(settings: DatabaseSettings, plan: BackupPlan, progress: Progress) -> None:
    async with (
        within(plan.time_limit),
        open_snapshot(settings, lock_timeout=plan.lock_timeout, time_limit=plan.time_limit) as snapshot,
    ):
        tables = await snapshot.contents()
    for name, table in tables.items():
        progress(f"would dump {name}: {table.rows} rows")
    missing = "" if plan.directory.is_dir() else ", which would be created"
    progress(f"would write db_backup_<time>.sql.gz into {plan.directory}{missing}")
    if plan.keep and plan.directory.is_dir():
        surplus = max(0, len(backup_files.backups_in(plan.directory)) + 1 - plan.keep)
        progress(f"would then remove up to {surplus} of the oldest backups")


def _prune(plan: BackupPlan, progress: Progress) -> None:
    if not plan.keep:
        return
    for file in backup_files.prune(plan.directory, plan.keep, _last_verified(plan.directory)):
        progress(f"removed {file.name}: the newest {plan.keep} are kept")


def _last_verified(directory: Path) -> str | None:
    try:
        report = read_report(directory / LAST_VERIFICATION, VerificationReport)
    except (OSError, ValueError):
        return None
    return report.file if report.outcome is VerificationOutcome.VERIFIED else None


def _name(settings: DatabaseSettings) -> str:
    return f"{settings.name} on {settings.host}" if settings.is_postgresql else str(settings.sqlite_path)
