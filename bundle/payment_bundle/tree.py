"""Replaces a directory as a whole: readers see the old tree or the new one, never something between.

The new tree is built beside the old one, from hard links to every file that stays and new files for
what changed; then the two names are exchanged in one step of the kernel. A killed run leaves the old tree
and a staging directory, which the next run removes.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_bundle.manifest import MANIFEST
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from payment_bundle.changes import Changes

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class TreeError(ForeseenError):
    """The directory cannot be replaced."""


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other runs away from ``directory``, and tidy up what a killed one left behind."""
    parent = directory.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(parent, os.O_RDONLY)
    except OSError as error:
        raise TreeError(f"{parent}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        recover(directory)
        yield
    except BlockingIOError:
        raise TreeError(f"{directory}: another run is writing it") from None
    finally:
        os.close(descriptor)


def apply_changes(directory: Path, rendered: Mapping[str, bytes], changes: Changes, *, durable: bool = True) -> None:
    """Bring ``directory`` to what ``changes`` says, in one step; raises TreeError and leaves the old tree.

    With ``durable``, that also outlives a loss of power; without, the caller sees to it once for many directories.
    """
    staging = _staging(directory)
    try:
        if directory.exists():
            shutil.copytree(directory, staging, symlinks=True, copy_function=_link_or_copy)
        else:
            staging.mkdir()
        for path in changes.removed:
            _remove(staging, path)
        for path in (*changes.changed, MANIFEST):
            (staging / path).unlink(missing_ok=True)
        written = {path: rendered[path] for path in (*changes.added, *changes.changed)}
        _write(staging, {**written, MANIFEST: changes.manifest}, durable=durable)
        _exchange(staging, directory)
    except (OSError, shutil.Error) as error:
        raise TreeError(f"{directory}: cannot be written: {error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _staging(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.staging")


def _previous(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.previous")


def recover(directory: Path) -> None:
    """Tidy up what a killed run left behind; nobody else may be at it."""
    if not directory.exists() and _previous(directory).exists():
        _previous(directory).rename(directory)
    for leftover in (_staging(directory), _previous(directory)):
        if leftover.exists():
            shutil.rmtree(leftover)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK}:
            raise
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def _write(staging: Path, files: Mapping[str, bytes], *, durable: bool) -> None:
    for directory in sorted({path.rpartition("/")[0] for path in files}):
        (staging / directory).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        # A Path and a buffer for each of a fleet's files would take longer than writing it.
        descriptor = os.open(f"{staging}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(staging: Path, path: str) -> None:
    file = staging / path
    file.unlink()
    for parent in file.parents:
        if parent == staging or any(parent.iterdir()):
            return
        parent.rmdir()


def _exchange(staging: Path, directory: Path) -> None:
    if not directory.exists():
        staging.rename(directory)
    elif not _renamed_in_one_step(staging, directory):
        directory.rename(_previous(directory))
        staging.rename(directory)
        shutil.rmtree(_previous(directory))


def _renamed_in_one_step(staging: Path, directory: Path) -> bool:
    """Exchange the two names by Linux' renameat2; False where the system or the file system has it not."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(staging), _AT_FDCWD, os.fsencode(directory), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EINVAL, errno.ENOSYS}:
        return False
    raise OSError(code, os.strerror(code), str(directory))
