"""Stacks of the process's threads, as names and lines."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from payment_service.debug.profile import Frame, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

OWN_THREADS = "payment-debug"
"""Names of the debug port's own threads begin with this; profiles leave them out."""


def observed_threads() -> list[threading.Thread]:
    """Return the live threads except the debug port's own and the one that asks."""
    asks = threading.current_thread()
    return [
        thread for thread in threading.enumerate() if thread is not asks and not thread.name.startswith(OWN_THREADS)
    ]


def thread_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread, by ``Thread.ident``."""
    return sys._current_frames()  # noqa: SLF001 - documented, underscore and all


def calls(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def stack_of(frame: FrameType | None) -> Stack:
    """Return the stack that ends in a frame."""
    return tuple(map(describe, calls(frame)))


def describe(frame: FrameType) -> Frame:
    """Return the name and the place of a frame; of its variables only the module's name is read."""
    code = frame.f_code
    module = frame.f_globals.get("__name__")
    name = f"{module}.{code.co_qualname}" if isinstance(module, str) else code.co_qualname
    return Frame(name, code.co_filename, frame.f_lineno or code.co_firstlineno, code.co_firstlineno)
