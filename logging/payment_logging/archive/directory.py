"""A directory of log files: nothing outside it is read or changed, and no symbolic link is followed."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from payment_catalog.errors import ForeseenError
from payment_logging.archive.log_file import OWN, FileError, LogFile
from payment_logging.archive.writers import has_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A compressed file that is not whole yet; one name is enough where one run is at work.
UNFINISHED = f"{OWN}.unfinished"
_LOCK = f"{OWN}.lock"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class DirectoryError(ForeseenError):
    """The directory cannot be used."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that a file is in, held open: nobody can put another one in its place."""

    descriptor: int

    @contextmanager
    def opened(self, file: LogFile) -> Iterator[BinaryIO]:
        """Open ``file``; raises FileError where it is no longer what was found or somebody has it open for writing."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(file.path.name, flags, dir_fd=self.descriptor), "rb") as stream:
            check_still(stream, file)
            yield stream

    def look(self, path: PurePosixPath) -> LogFile | None:
        """Return the file at ``path`` now, None where there is none."""
        try:
            return LogFile.of(path, os.stat(path.name, dir_fd=self.descriptor, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def remove(self, file: LogFile) -> None:
        """Delete ``file``; raises FileError where it was written to or replaced."""
        with self.opened(file):
            if self.look(file.path) != file:
                raise FileError("was replaced meanwhile")
            os.unlink(file.path.name, dir_fd=self.descriptor)
        self.settle()

    def settle(self) -> None:
        """Have new and deleted names outlive a power cut, where the file system can."""
        with suppress(OSError):
            os.fsync(self.descriptor)


@dataclass(frozen=True, slots=True)
class LogDirectory:
    """The directory that was named, held open."""

    path: Path
    descriptor: int

    def found(self, failed: Callable[[OSError], None]) -> Iterator[LogFile]:
        """Yield each regular file in it and below, in no order; ``failed`` is told what cannot be listed."""
        for folder, _, names, descriptor in os.fwalk(
            ".", dir_fd=self.descriptor, follow_symlinks=False, onerror=failed
        ):
            for name in names:
                with suppress(FileNotFoundError, FileError):
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    yield LogFile.of(PurePosixPath(folder, name), status)

    @contextmanager
    def folder(self, path: PurePosixPath) -> Iterator[Folder]:
        """Open the folder of the file at ``path``, step by step, so that no link leads out."""
        descriptor = os.dup(self.descriptor)
        try:
            for step in path.parent.parts:
                inner = os.open(step, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield Folder(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs away; the lock ends with the process. Raises DirectoryError where another run is at work."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            lock = os.open(_LOCK, flags, 0o600, dir_fd=self.descriptor)
        except OSError as error:
            raise DirectoryError(f"{self.path}: cannot be locked: {error.strerror}") from None
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DirectoryError(f"{self.path}: another run is at work there") from None
            yield
        finally:
            os.close(lock)

    def tidy(self) -> None:
        """Delete what a killed run has left half compressed."""
        for _, _, names, descriptor in os.fwalk(".", dir_fd=self.descriptor, follow_symlinks=False):
            if UNFINISHED in names:
                with suppress(OSError):
                    os.unlink(UNFINISHED, dir_fd=descriptor)


@contextmanager
def log_directory(path: Path) -> Iterator[LogDirectory]:
    """Open ``path``; raises DirectoryError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DirectoryError(f"{path}: {error.strerror}") from None
    try:
        yield LogDirectory(path, descriptor)
    finally:
        os.close(descriptor)


def check_still(stream: BinaryIO, file: LogFile) -> None:
    """Raise FileError where what is open as ``stream`` is no longer ``file``, or somebody has it open for writing."""
    if LogFile.of(file.path, os.fstat(stream.fileno())) != file:
        raise FileError("was written to or replaced meanwhile")
    if has_writer(stream.fileno()):
        raise FileError("is open for writing")
