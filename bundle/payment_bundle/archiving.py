"""What ``payobs archive`` does: old log files go to S3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import typer
from pydantic import TypeAdapter, ValidationError

from payment_bundle.options import FINDINGS, USAGE
from payment_bundle.sigterm import sigterm_as_ctrl_c
from payment_catalog.archive_report import ArchiveReport
from payment_catalog.backup_report import LONGEST_REASON, read_report, write_report
from payment_catalog.durations import format_duration, parse_duration
from payment_catalog.errors import ForeseenError
from payment_catalog.settings.texts import Url
from payment_logging.archive.directory import log_directory
from payment_logging.archive.log_file import PATTERNS, select
from payment_logging.archive.naming import shown
from payment_logging.archive.progress import Lines
from payment_logging.archive.run import Archive, End, plan, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from payment_catalog.settings import Settings
    from payment_catalog.settings.storage import Logs
    from payment_logging.archive.directory import LogDirectory
    from payment_logging.archive.log_file import LogFile, Selection
    from payment_logging.archive.run import Summary
    from payment_logging.archive.store import Store

_MEBIBYTE = 1 << 20
_EPOCH = datetime.fromtimestamp(0, UTC)
_CODES = {End.DONE: 0, End.INCOMPLETE: FINDINGS, End.INTERRUPTED: FINDINGS, End.REFUSED: USAGE}


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """What was asked for; empty ``patterns`` and ``older_than`` mean the usual ones."""

    directory: Path
    patterns: tuple[str, ...]
    older_than: str
    dry_run: bool
    keep: bool
    endpoint_url: str
    storage_class: str
    limit_rate: float
    timeout: float
    report: Path | None


def run_archive(settings: Settings, options: ArchiveOptions) -> int:
    """Archive what is old enough, or say what would be, and return the exit code."""
    age = _age(options.older_than, settings.retention.logs)
    choice = _Choice(options.patterns or PATTERNS, age, datetime.now(UTC))
    store = _store(settings.logs, _address(options.endpoint_url), options.storage_class, options.timeout)
    with log_directory(options.directory) as logs:
        if options.dry_run:
            return _say_plan(choice, logs, settings.logs.s3_prefix, store)
        lines = Lines(typer.echo, options.limit_rate * _MEBIBYTE)
        return _run(choice, Archive(logs, store, settings.logs.s3_prefix, options.keep, lines), options.report)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which files are archived."""

    patterns: tuple[str, ...]
    age: timedelta
    now: datetime

    def of(self, logs: LogDirectory) -> tuple[Selection, int]:
        """Return the files, and how many folders could not be listed, which is said."""
        unlisted: list[OSError] = []
        selection = select(logs.found(unlisted.append), self.patterns, self.age, self.now)
        for error in unlisted:
            typer.echo(f"  ! {shown(error.filename)}: {error.strerror}")
        return selection, len(unlisted)

    def too_old_since(self, files: Iterable[LogFile]) -> datetime | None:
        """Return since when the oldest of ``files`` is too old; a time before 1970 counts as its beginning."""
        written = min((file.modified_ns for file in files), default=None)
        return None if written is None else _EPOCH + timedelta(microseconds=max(written, 0) // 1000) + self.age

    def young(self, selection: Selection) -> str:
        """Return a remark on the files that are too young."""
        return f"{selection.young} younger than {format_duration(self.age)}"


def _say_plan(choice: _Choice, logs: LogDirectory, prefix: str, store: Store) -> int:
    selection, unlisted = choice.of(logs)
    lines, failed = plan(selection, prefix, store)
    for line in lines:
        typer.echo(line)
    size = size_text(sum(file.size for file in selection.files))
    count = len(selection.files) - failed
    typer.echo(f"{logs.path}: {count} to archive ({size}), {choice.young(selection)} (dry run, nothing touched)")
    return FINDINGS if failed or unlisted else 0


def _run(choice: _Choice, work: Archive, report: Path | None) -> int:
    clock = monotonic()
    with sigterm_as_ctrl_c(), work.directory.locked():
        work.directory.tidy()
        selection, unlisted = choice.of(work.directory)
        summary = work.run(selection, unlisted)
    typer.echo(
        f"{work.directory.path}: {summary.archived} archived ({size_text(summary.sent_bytes)} sent), "
        f"{summary.there_already} there already, {summary.failed} failed, {summary.untried} not tried, "
        f"{choice.young(selection)}"
    )
    if summary.stopped:
        typer.echo(f"payobs: {summary.stopped}", err=True)
    if report:
        _write(report, summary, choice, monotonic() - clock)
    return _CODES[summary.end]


def _write(file: Path, summary: Summary, choice: _Choice, seconds: float) -> None:
    finished = datetime.now(UTC)
    figures = ArchiveReport(
        started=choice.now,
        finished=finished,
        duration_seconds=seconds,
        complete=summary.end is End.DONE,
        archived=summary.archived,
        there_already=summary.there_already,
        failed=summary.failed,
        untried=summary.untried,
        sent_bytes=summary.sent_bytes,
        last_complete=finished if summary.end is End.DONE else _last_complete(file),
        oldest_waiting=choice.too_old_since(summary.waiting),
        reason=summary.stopped[:LONGEST_REASON],
    )
    try:
        write_report(file, figures)
    except OSError as error:
        raise ForeseenError(f"--report: {file} cannot be written: {error.strerror}") from None


def _last_complete(file: Path) -> datetime | None:
    """Return what the report of the run before says; nothing where it cannot be read."""
    try:
        return read_report(file, ArchiveReport).last_complete
    except (OSError, ValueError):
        return None


def _store(logs: Logs, endpoint: str, storage_class: str, timeout: float) -> Store:
    try:
        from payment_logging.archive.s3 import Destination, S3Store  # noqa: PLC0415 - only this command needs boto3
    except ModuleNotFoundError as error:
        raise ForeseenError(
            f"{error.name} is missing: pip install 'payment-observability[archive]' brings it"
        ) from None
    return S3Store(Destination(logs.s3_bucket, logs.s3_region, endpoint, storage_class, timeout))


def _age(text: str, default: timedelta) -> timedelta:
    try:
        return parse_duration(text) if text else default
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--older-than") from None


def _address(url: str) -> str:
    """Return ``url``; refused is what may hold a password, which errors would show."""
    try:
        return TypeAdapter(Url).validate_python(url) if url else ""
    except ValidationError:
        raise typer.BadParameter(
            "expected an address such as https://minio.example.com:9000, without name and password",
            param_hint="--endpoint-url",
        ) from None
