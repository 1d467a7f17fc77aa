"""Compressed files: made beside the plain one, checked against it, and only then in its place."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from payment_logging.archive.directory import UNFINISHED, check_still
from payment_logging.archive.log_file import FileError, LogFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_logging.archive.directory import Folder

_BLOCK = 1 << 20
_LEVEL = 6


def pack(folder: Folder, file: LogFile) -> LogFile:
    """Put ``file`` into its compressed form, with its times and rights, and return that form.

    What a run has left that was killed in between is finished. Raises FileError where something else has the
    compressed form's name, or ``file`` is written to, and OSError; both leave ``file`` as it is.
    """
    with folder.opened(file) as stream:
        packed = folder.look(file.packed_path)
        if packed is None:
            packed = _compress(folder, file, stream)
        elif _unpacked(folder, packed) != _digest(_blocks(stream)):
            raise FileError(f"{packed.path.name} is beside it and holds something else")
    folder.remove(file)
    return packed


def check_whole(stream: BinaryIO) -> None:
    """Raise FileError where ``stream`` is no gzip file, or not to its end."""
    _unpacked_digest(stream)


def _compress(folder: Folder, file: LogFile, stream: BinaryIO) -> LogFile:
    status = os.fstat(stream.fileno())
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(UNFINISHED, flags, 0o600, dir_fd=folder.descriptor), "w+b") as unfinished:
        try:
            digest = _write(stream, unfinished)
            if _unpacked_digest(unfinished) != digest:
                raise FileError("its compressed form does not hold the same; is the disk sound?")
            check_still(stream, file)
            os.fchmod(unfinished.fileno(), status.st_mode & 0o777)
            with suppress(PermissionError):
                os.fchown(unfinished.fileno(), status.st_uid, status.st_gid)
            os.utime(unfinished.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(unfinished.fileno())
            packed = LogFile.of(file.packed_path, os.fstat(unfinished.fileno()))
            # A link, unlike a rename, never replaces what has come to be there meanwhile.
            _name(folder, packed)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(UNFINISHED, dir_fd=folder.descriptor)
    folder.settle()
    return packed


def _name(folder: Folder, packed: LogFile) -> None:
    at = folder.descriptor
    try:
        os.link(UNFINISHED, packed.path.name, src_dir_fd=at, dst_dir_fd=at)
    except FileExistsError:
        raise FileError(f"{packed.path.name} has come to be there meanwhile") from None
    except OSError:  # not every file system has links
        os.rename(UNFINISHED, packed.path.name, src_dir_fd=at, dst_dir_fd=at)


def _write(stream: BinaryIO, target: BinaryIO) -> bytes:
    """Compress ``stream`` into ``target``; return the digest of what was read."""
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=target, mtime=0) as compressed:

        def written() -> Iterator[bytes]:
            for block in _blocks(stream):
                compressed.write(block)
                yield block

        digest = _digest(written())
    target.flush()
    return digest


def _unpacked(folder: Folder, packed: LogFile) -> bytes:
    with folder.opened(packed) as stream:
        return _unpacked_digest(stream)


def _unpacked_digest(stream: BinaryIO) -> bytes:
    stream.seek(0, os.SEEK_END)
    if not stream.tell():
        raise FileError("is no gzip file: it is empty")
    stream.seek(0)
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as plain:
            return _digest(iter(lambda: plain.read(_BLOCK), b""))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(f"is no whole gzip file: {error}") from None


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    yield from iter(lambda: stream.read(_BLOCK), b"")


def _digest(blocks: Iterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.digest()
