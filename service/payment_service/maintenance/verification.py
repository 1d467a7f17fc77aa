"""Whether a backup can be restored to exactly what it was taken from, found out by doing it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payment_catalog.backup_report import (
    LAST_VERIFICATION,
    LONGEST_REASON,
    BackupReport,
    DatabaseKind,
    VerificationOutcome,
    VerificationReport,
    read_report,
    report_of,
    write_report,
)
from payment_catalog.errors import ForeseenError
from payment_service.maintenance.backup import DEFAULT_DIRECTORY
from payment_service.maintenance.backup_files import backups_in, damage_of, fingerprint_of
from payment_service.maintenance.contents import differences
from payment_service.maintenance.failures import explained
from payment_service.maintenance.postgresql_scratch import create_postgresql_scratch
from payment_service.maintenance.progress import Progress, silent
from payment_service.maintenance.running import run_to_end, within
from payment_service.maintenance.scratch import RestoreError
from payment_service.maintenance.sqlite_scratch import create_sqlite_scratch

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from payment_catalog.database_settings import DatabaseSettings
    from payment_service.maintenance.scratch import Scratch


class VerificationError(ForeseenError):
    """It could not be found out whether the backup is good."""


@dataclass(frozen=True, slots=True)
class VerificationPlan:
    """What to verify: ``file``, or the newest backup in ``directory``. The limit's default is the runbook's RTO."""

    directory: Path = DEFAULT_DIRECTORY
    file: Path | None = None
    time_limit: timedelta = timedelta(hours=4)


@dataclass(slots=True)
class _Found:
    """``reasons`` against the backup, none where it is good."""

    reasons: list[str] = field(default_factory=list)
    restore_seconds: float | None = None


def verify_backup(
    settings: DatabaseSettings, plan: VerificationPlan, progress: Progress = silent
) -> VerificationReport:
    """Restore a backup into a throw-away database, compare, publish the outcome beside it and return it.

    The outcome ``failed`` with its reason is a finding about the backup. Raises VerificationError when that
    cannot be found out (also published as failed), TerminatedError or KeyboardInterrupt; the throw-away
    database is dropped in each case.
    """
    with explained(VerificationError, "verify-backup"):
        file = _chosen(plan)
        started, clock = datetime.now(UTC), time.monotonic()

        def publish(found: _Found) -> VerificationReport:
            report = VerificationReport(
                file=file.name if file else None,
                started=started,
                finished=datetime.now(UTC),
                duration_seconds=time.monotonic() - clock,
                restore_seconds=found.restore_seconds,
                outcome=VerificationOutcome.FAILED if found.reasons else VerificationOutcome.VERIFIED,
                reason="; ".join(found.reasons)[:LONGEST_REASON],
            )
            write_report((file.parent if file else plan.directory) / LAST_VERIFICATION, report)
            return report

        if file is None:
            return publish(_Found([f"{plan.directory} holds no backup"]))
        found = _Found()
        try:
            with explained(VerificationError, file.name):
                run_to_end(_verify(settings, file, plan, found, progress))
        except BaseException as error:
            with suppress(OSError):  # the error that is raised says more
                publish(_Found([str(error) or "interrupted"]))
            raise
        return publish(found)


def say_verification(settings: DatabaseSettings, plan: VerificationPlan, progress: Progress) -> None:
    """Say what ``verify_backup`` would restore; change and publish nothing. Raises VerificationError."""
    with explained(VerificationError, "verify-backup"):
        file = _chosen(plan)
        if file is None:
            progress(f"{plan.directory} holds no backup")
            return
        found = _Found()
        report = run_to_end(_sound_report(settings, file, found))
        for reason in found.reasons:
            progress(f"{file.name}: {reason}")
        if report is not None:
            place = f"the server {settings.host}" if settings.is_postgresql else "a temporary file"
            progress(f"would restore {file} into a throw-away database in {place}")
            progress(f"would compare {', '.join(sorted(report.tables))}")


def _chosen(plan: VerificationPlan) -> Path | None:
    if plan.file is not None:
        if not plan.file.is_file():
            raise VerificationError(f"{plan.file}: no such file")
        return plan.file
    if not plan.directory.is_dir():
        raise VerificationError(f"{plan.directory}: no such directory")
    return next(iter(backups_in(plan.directory)), None)


async def _verify(
    settings: DatabaseSettings, file: Path, plan: VerificationPlan, found: _Found, progress: Progress
) -> None:
    async with within(plan.time_limit):
        progress(f"reading {file}")
        report = await _sound_report(settings, file, found)
        if report is None:
            return
        async with _create_scratch(settings, plan, progress) as scratch:
            progress("restoring into a throw-away database")
            clock = time.monotonic()
            try:
                await scratch.restore(file)
            except RestoreError as error:
                found.reasons.append(f"it cannot be restored: {error}")
                return
            found.restore_seconds = time.monotonic() - clock
            progress(f"restored in {found.restore_seconds:.1f} s, comparing {len(report.tables)} tables")
            found.reasons.extend(differences(report.tables, await scratch.contents()))


def _create_scratch(
    settings: DatabaseSettings, plan: VerificationPlan, progress: Progress
) -> AbstractAsyncContextManager[Scratch]:
    if settings.is_postgresql:
        return create_postgresql_scratch(settings, time_limit=plan.time_limit, progress=progress)
    return create_sqlite_scratch()


async def _sound_report(settings: DatabaseSettings, file: Path, found: _Found) -> BackupReport | None:
    """Return the backup's report when the file is the one that the report describes, else say why not."""
    try:
        report = read_report(report_of(file), BackupReport)
    except FileNotFoundError:
        found.reasons.append(f"{report_of(file).name} is missing, so that there is nothing to compare with")
        return None
    except ValueError as error:
        found.reasons.append(str(error))
        return None
    kind = DatabaseKind.of(settings)
    if report.database is not kind:
        raise VerificationError(f"holds a {report.database} database, but DB_HOST selects {kind}")
    if await fingerprint_of(file) != (report.size_bytes, report.sha256):
        damage = await damage_of(file) or "it was changed after it was written: its SHA-256 is not the report's"
        found.reasons.append(damage)
        return None
    return report
