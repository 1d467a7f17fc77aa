"""A server that gives notice before it ends, so that nobody sends it requests it would refuse."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


#: Of this process, as the signal is.
_LISTENERS: list[Callable[[], None]] = []


@contextmanager
def told_of_the_end(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called, on the event loop, when the server gives notice."""
    _LISTENERS.append(listener)
    try:
        yield
    finally:
        _LISTENERS.remove(listener)


class DrainingServer(uvicorn.Server):
    """After SIGTERM it tells who asked, serves on for ``notice_seconds``, and only then takes no more requests.

    A load balancer sees meanwhile that it is not ready. SIGINT, a second signal and no notice end it at once; the
    requests that are under way are answered in any case.
    """

    def __init__(self, config: uvicorn.Config, notice_seconds: float) -> None:
        super().__init__(config)
        self._notice_seconds = notice_seconds
        self._ends: float | None = None
        self._noticed = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal; what is more than a flag waits for the event loop."""
        if sig == signal.SIGTERM and self._ends is None and self._notice_seconds:
            self._ends = time.monotonic() + self._notice_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Return whether it is time to end."""
        if self._ends is not None and not self._noticed:
            self._noticed = True
            for listener in _LISTENERS:
                listener()
        if self._ends is not None and time.monotonic() >= self._ends:
            self.should_exit = True
        return await super().on_tick(counter)
