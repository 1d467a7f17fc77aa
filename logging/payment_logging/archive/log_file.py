"""A log file as it was found, and which ones are old enough."""

from __future__ import annotations

import fnmatch
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from pathlib import PurePosixPath

PACKED = ".gz"
#: What services and rotations (logrotate, the kubelet) call log files; no ``.pos`` of Fluentd.
PATTERNS = ("*.log", "*.log.gz", "*.log.[0-9]*", "*.log-[0-9]*")
#: Files of the archive itself: they are never log files.
OWN = ".payobs-archive"


class FileError(ForeseenError):
    """One file cannot be archived; it stays where it is, and others go on."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A regular file: its path below the directory, and what changes when it is written to or replaced."""

    path: PurePosixPath
    size: int
    modified_ns: int
    device: int
    inode: int

    @classmethod
    def of(cls, path: PurePosixPath, status: os.stat_result) -> LogFile:
        """Return the file at ``path``; raises FileError where it is no regular file."""
        if not stat.S_ISREG(status.st_mode):
            raise FileError("not a regular file")
        return cls(path, status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)

    @property
    def is_packed(self) -> bool:
        """Whether its name says that it is compressed."""
        return self.path.name.endswith(PACKED)

    @property
    def packed_path(self) -> PurePosixPath:
        """Where its compressed form is."""
        return self.path if self.is_packed else self.path.with_name(self.path.name + PACKED)


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to archive, in order, and how many more match a pattern and are too young."""

    files: tuple[LogFile, ...]
    young: int


def select(found: Iterable[LogFile], patterns: tuple[str, ...], older_than: timedelta, now: datetime) -> Selection:
    """Return which of ``found`` match one of ``patterns`` and were last written before ``now - older_than``.

    Compressed files come first, because they free space; one whose plain file is selected too comes with that one.
    """
    limit = (now - older_than).timestamp() * 1e9
    matching = [file for file in found if _matches(file.path.name, patterns)]
    old = [file for file in matching if file.modified_ns < limit]
    plain = {file.packed_path for file in old if not file.is_packed}
    chosen = [file for file in old if not (file.is_packed and file.path in plain)]
    chosen.sort(key=lambda file: (not file.is_packed, file.path))
    return Selection(tuple(chosen), len(matching) - len(old))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return not name.startswith(OWN) and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
