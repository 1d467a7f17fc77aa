"""Ctrl-C and SIGTERM, noted for where it is safe to end."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM."""


class StopRequest:
    """In its ``with`` block, notes a signal for ``check`` to raise where it is safe.

    What a signal's handler raises is lost where an object is being finalized, and cuts cleaning up short elsewhere.
    """

    def __init__(self) -> None:
        self.noted = threading.Event()
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        """Begin to note signals."""
        self._previous = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        """Leave signals to whoever had them before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise StopRequestedError after a signal."""
        if self.noted.is_set():
            raise StopRequestedError

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.noted.set()
