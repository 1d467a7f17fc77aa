"""The files in the backup directory: what they are called, and how they come to be there whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from payment_catalog.backup_report import BACKUP_GLOB, BACKUP_NAME, report_of

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20
_UNFINISHED_GLOB = ".db_backup_*.unfinished"


class Fingerprint(NamedTuple):
    """What tells a file from one that was changed."""

    size_bytes: int
    sha256: str


def backups_in(directory: Path) -> list[Path]:
    """Return the complete backups, the newest first, by the time in their names."""
    found = (file for file in directory.glob(BACKUP_GLOB) if BACKUP_NAME.fullmatch(file.name) and file.is_file())
    return sorted(found, reverse=True)


async def free_name(directory: Path) -> Path:
    """Return ``db_backup_<UTC time>.sql.gz`` where none is yet; a second later, when there is one of this second."""
    while True:
        file = directory / f"db_backup_{datetime.now(UTC):%Y%m%d_%H%M%S}.sql.gz"
        if not file.exists():
            return file
        await asyncio.sleep(0.1)


def create_unfinished(backup: Path) -> Path:
    """Create the hidden empty file, for its owner only, that becomes ``backup``; raises OSError."""
    file = backup.with_name(f".{backup.name}.unfinished")
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    return file


def finish(unfinished: Path, backup: Path) -> None:
    """Give the file its name when the disk holds it; raises OSError."""
    _flush(unfinished)
    unfinished.replace(backup)
    _flush(backup.parent)


def remove_unfinished(directory: Path) -> None:
    """Remove what killed runs left; only for who holds the directory's lock."""
    for file in directory.glob(_UNFINISHED_GLOB):
        file.unlink(missing_ok=True)


def prune(directory: Path, keep: int, spare: str | None) -> list[Path]:
    """Remove all but the newest ``keep`` backups with their reports, never the one named ``spare``."""
    removed = [file for file in backups_in(directory)[keep:] if file.name != spare]
    for file in removed:
        file.unlink(missing_ok=True)
        report_of(file).unlink(missing_ok=True)
    return removed


async def fingerprint_of(file: Path) -> Fingerprint:
    """Return size and digest of a file; raises OSError."""
    size, digest = 0, hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
            await asyncio.sleep(0)
    return Fingerprint(size, digest.hexdigest())


async def damage_of(file: Path) -> str:
    """Return what is wrong with a gzip file, empty where it is whole; raises OSError."""
    try:
        with gzip.open(file, "rb") as stream:
            for _ in iter(lambda: stream.read(_CHUNK), b""):
                await asyncio.sleep(0)
    except EOFError:
        return "it is truncated: the compressed data end early"
    except (gzip.BadGzipFile, zlib.error):
        return "it is corrupted: the compressed data are not valid"
    return ""


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
