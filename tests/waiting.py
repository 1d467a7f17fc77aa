"""Waiting for a condition, with a limit."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(what: str, holds: Callable[[], Any], limit: float = 30, pause: float = 0.02) -> None:
    """Wait until ``holds()``, at most ``limit`` seconds; the test fails with ``what`` it waited for."""
    deadline = monotonic() + limit
    while not holds():
        assert monotonic() < deadline, f"not within {limit:.0f} s: {what}"
        sleep(pause)
