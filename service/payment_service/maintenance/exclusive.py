"""One run at a time in a directory."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class OccupiedError(ForeseenError):
    """Another run is at work."""


@contextmanager
def exclusively(directory: Path) -> Iterator[None]:
    """Hold the lock on ``directory``; it ends with the process and leaves no file.

    Raises OccupiedError when another run holds it, and OSError when the directory cannot be opened.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OccupiedError(f"{directory}: another run is at work there") from None
        yield
    finally:
        os.close(descriptor)
