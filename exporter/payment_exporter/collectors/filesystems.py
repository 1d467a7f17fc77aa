"""Space on file systems, each looked at on its own: one that is gone or does not answer is nobody else's matter."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

log = logging.getLogger(__name__)

#: Seconds for all file systems together; one whose server is away may never answer.
PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """What a path shows: whether a file system is mounted there, and bytes for unprivileged programs."""

    is_mount_point: bool
    size: int
    available: int


def look(path: str) -> Space:
    """Return what ``path`` shows; where nothing is mounted, that is the file system that it lies in.

    Raises OSError. Waits as long as the file system lets it.
    """
    is_mount_point = os.path.ismount(os.path.realpath(path))
    usage = psutil.disk_usage(path)
    return Space(is_mount_point, usage.used + usage.free, usage.free)


class FileSystems:
    """The file systems to watch; ``ask`` looks at one of them, ``patience`` is in seconds."""

    def __init__(
        self, mountpoints: Iterable[str], ask: Callable[[str], Space] = look, patience: float = PATIENCE
    ) -> None:
        self._watches = {mountpoint: _Watch(mountpoint, ask) for mountpoint in mountpoints}
        self._patience = patience

    def spaces(self) -> tuple[Mapping[str, Space], Mapping[str, str]]:
        """Return the space of each file system, and the reason for each that has none to tell."""
        deadline = time.monotonic() + self._patience
        for watch in self._watches.values():
            watch.begin()
        spaces: dict[str, Space] = {}
        reasons: dict[str, str] = {}
        for mountpoint, watch in self._watches.items():
            try:
                spaces[mountpoint] = watch.space(deadline)
            except OSError as error:
                reasons[mountpoint] = error.strerror or str(error)
        return spaces, reasons


class _Watch:
    """Looks at one path in a thread of its own, at most once at a time.

    A path that was a mount point and is none any more has lost its disk, and shows that of its parent.
    """

    def __init__(self, path: str, ask: Callable[[str], Space]) -> None:
        self._path = path
        self._ask = ask
        self._thread: threading.Thread | None = None
        self._answer: Space | OSError | None = None
        self._was_mount_point: bool | None = None

    def begin(self) -> None:
        """Look, unless the last look has not ended yet."""
        if self._thread is None or not self._thread.is_alive():
            self._answer = None
            self._thread = threading.Thread(target=self._run, name=f"file system {self._path}", daemon=True)
            self._thread.start()

    def space(self, deadline: float) -> Space:
        """Wait until ``deadline`` (on the monotonic clock); raises OSError where there is no figure to be had."""
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        match self._answer:
            case None:
                raise OSError("does not answer")
            case OSError() as error:
                raise error
            case Space() as space:
                self._compare(space)
                return space

    def _compare(self, space: Space) -> None:
        if self._was_mount_point is None and not space.is_mount_point:
            log.warning(
                "no mount point collector=host path=%s reason=shows the file system that it lies in", self._path
            )
        if self._was_mount_point and not space.is_mount_point:
            raise OSError("is no mount point any more")
        self._was_mount_point = space.is_mount_point

    def _run(self) -> None:
        try:
            self._answer = self._ask(self._path)
        except OSError as error:
            self._answer = error
