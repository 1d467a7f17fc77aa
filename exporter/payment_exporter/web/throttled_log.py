"""Log lines that strangers can cause, at most one in a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


class ThrottledLog:
    """Logs warnings of one kind at most once in ``seconds``, and then says how many it left out. For one thread."""

    def __init__(self, log: logging.Logger, seconds: float = 60.0) -> None:
        self._log = log
        self._seconds = seconds
        self._next = 0.0
        self._left_out = 0

    def warning(self, message: str, *arguments: object) -> None:
        """Log the message, or count it."""
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        self._log.warning(f"{message} left_out=%d", *arguments, self._left_out)
        self._next, self._left_out = now + self._seconds, 0
