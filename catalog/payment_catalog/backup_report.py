"""What the payment service writes beside its backups, and the exporter reads: no row, no secret, only figures."""

from __future__ import annotations

import os
import re
import stat
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.database_settings import DatabaseSettings

BACKUP_NAME = re.compile(r"db_backup_[0-9]{8}_[0-9]{6}\.sql\.gz")
BACKUP_GLOB = "db_backup_*.sql.gz"
_SUFFIX = ".sql.gz"

#: The outcome of the last run of ``payment-service backup`` and of ``verify-backup``.
LAST_BACKUP = "backup.report.json"
LAST_VERIFICATION = "verification.report.json"
#: The last failover test, as ``payment-service failover-test`` was told of it.
LAST_FAILOVER_TEST = "failover-test.report.json"

#: Bytes of a report that are read; a database of a thousand tables stays below a fifth of it.
LARGEST_REPORT = 1 << 20
LONGEST_REASON = 2000


def _as_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of the calendar") from None


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_as_utc)]
BackupName = Annotated[str, Field(pattern=f"^{BACKUP_NAME.pattern}$", max_length=64)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON)]


class DatabaseKind(StrEnum):
    """What a backup was taken from."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"

    @classmethod
    def of(cls, settings: DatabaseSettings) -> DatabaseKind:
        """Return which kind the settings select."""
        return cls.POSTGRESQL if settings.is_postgresql else cls.SQLITE


class BackupOutcome(StrEnum):
    """How a run of ``backup`` ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class VerificationOutcome(StrEnum):
    """Whether a backup was restored to exactly what it was taken from."""

    VERIFIED = "verified"
    FAILED = "failed"


class FailoverTestOutcome(StrEnum):
    """What those who did a failover test found."""

    PASSED = "passed"
    FAILED = "failed"


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Run(_Report):
    """A run from ``started`` to ``finished``; ``reason`` says why it failed."""

    started: UtcTime
    finished: UtcTime
    duration_seconds: Seconds
    reason: Reason = ""


class TableContent(_Report):
    """Number of rows of a table, and a sum over them in which their order does not matter."""

    rows: Annotated[int, Field(ge=0)]
    checksum: Annotated[str, Field(max_length=64)]


class BackupReport(_Report):
    """What a complete backup holds, counted in the snapshot that it was taken from."""

    file: BackupName
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    started: UtcTime
    finished: UtcTime
    duration_seconds: Seconds
    database: DatabaseKind
    schema_revision: Annotated[str, Field(max_length=64)] | None
    tables: dict[str, TableContent]


class BackupRun(_Run):
    """The last run of ``backup``; ``file`` is the backup that it made."""

    outcome: BackupOutcome
    file: BackupName | None = None


class VerificationReport(_Run):
    """The last run of ``verify-backup``. ``restore_seconds`` is known when the restore was completed."""

    outcome: VerificationOutcome
    file: Annotated[str, Field(max_length=255)] | None = None
    restore_seconds: Seconds | None = None


class FailoverTestReport(_Report):
    """The last failover test, and when the last one that passed was; ``note`` is for people."""

    outcome: FailoverTestOutcome
    recorded: UtcTime
    last_passed: UtcTime | None
    note: Reason = ""


ReportT = TypeVar("ReportT", bound=BaseModel)


def report_of(backup: Path) -> Path:
    """Return where the report of a backup is: ``db_backup_X.sql.gz`` → ``db_backup_X.report.json``."""
    return backup.with_name(f"{backup.name.removesuffix(_SUFFIX)}.report.json")


def read_report(file: Path, kind: type[ReportT]) -> ReportT:
    """Return the report in ``file``, however hostile what lies there is.

    Raises OSError when it cannot be read (FileNotFoundError: there is none) and ValueError, which quotes
    nothing of it, when it is no such report.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{file}: not a regular file")
        content = stream.read(LARGEST_REPORT + 1)
    if len(content) > LARGEST_REPORT:
        raise ValueError(f"{file}: larger than {LARGEST_REPORT} bytes")
    try:
        return kind.model_validate_json(content)
    except ValidationError:
        raise ValueError(f"{file}: not a {kind.__name__}") from None


def write_report(file: Path, report: BaseModel) -> None:
    """Put ``report`` into ``file`` in one step, so that a reader sees the old or the new one; raises OSError.

    Others may read it: the exporter has an account of its own.
    """
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with unfinished.open("x", encoding="utf-8") as stream:
            stream.write(f"{report.model_dump_json(indent=2)}\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
