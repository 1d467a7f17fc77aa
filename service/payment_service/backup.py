"""Backups of the payment database: ``db_backup_<UTC time>.sql.gz``, complete or not there at all."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from pathlib import Path

    from payment_catalog.database_settings import DatabaseSettings

_TIMEOUT = 3600.0


class BackupError(ForeseenError):
    """A backup that could not be made."""


def back_up(settings: DatabaseSettings, directory: Path) -> Path:
    """Write a backup into ``directory`` and return its path; raises BackupError and leaves nothing half-done."""
    target = directory / f"db_backup_{datetime.now(UTC):%Y%m%d_%H%M%S}.sql.gz"
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with gzip.open(unfinished, "wb") as stream:
            (_dump_postgresql if settings.is_postgresql else _dump_sqlite)(settings, stream)
        unfinished.replace(target)
    except (OSError, sqlite3.Error, subprocess.SubprocessError) as error:
        raise BackupError(f"{target}: {error}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _dump_sqlite(settings: DatabaseSettings, stream: gzip.GzipFile | BinaryIO) -> None:
    address = f"file:{settings.sqlite_path.absolute()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        for line in connection.iterdump():
            stream.write(f"{line}\n".encode())


def _dump_postgresql(settings: DatabaseSettings, stream: gzip.GzipFile | BinaryIO) -> None:
    command = [
        *("pg_dump", "--host", str(settings.host), "--port", str(settings.port)),
        *("--username", settings.user, "--dbname", settings.name, "--no-password"),
    ]
    environment = {**os.environ, "PGPASSWORD": settings.read_password()}
    with subprocess.Popen(  # noqa: S603 - a fixed program, arguments apart
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as dump:
        assert dump.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        shutil.copyfileobj(dump.stdout, stream)
        _, errors = dump.communicate(timeout=_TIMEOUT)
    if dump.returncode:
        raise BackupError(f"pg_dump ended with code {dump.returncode}: {errors.decode(errors='replace').strip()}")
