"""A small file system in memory, for a disk that may be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISK_BYTES = 16 * 1024 * 1024
_LIMIT = 20.0


class DiskError(ForeseenError):
    """The file system could not be mounted."""


def can_mount() -> bool:
    """Return whether a file system may be mounted, as far as can be told without trying."""
    return sys.platform == "linux" and os.getuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Mount 16 MiB of memory at ``directory`` for the block; raises DiskError."""
    directory.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},nodev,nosuid,noexec", "payobs-drill", str(directory))
    try:
        yield directory
    finally:
        _run("umount", "--lazy", str(directory))


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_LIMIT, text=True)  # noqa: S603 - our own
    except subprocess.CalledProcessError as error:
        raise DiskError(f"{command[0]}: {error.stderr.strip()}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DiskError(f"{command[0]}: {error}") from None
