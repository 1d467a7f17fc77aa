"""Let the debug port's threads run beside a loaded event loop.

A thread that waits for the interpreter's lock (GIL) asks for it only after a whole switch interval, 5 ms, in which
nobody let go of it. An event loop with short steps lets go at every ``select`` and takes it back at once: another
thread then waits for seconds, and a sampler sees nothing but ``select``. With 10 µs it asks in time.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_PROMPT_SECONDS = 1e-5


class PromptSwitching:
    """Shortens the process's switch interval while at least one thread is within ``with``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(_PROMPT_SECONDS)
            self._users += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                sys.setswitchinterval(self._usual)


PROMPT_SWITCHING = PromptSwitching()
"""The one for this process, whose interpreter has one interval."""
