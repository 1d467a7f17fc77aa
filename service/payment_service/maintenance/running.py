"""Runs work that can be ended at any point: by Ctrl-C, by SIGTERM, by its time limit. It tidies up in each case."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from datetime import timedelta
    from types import FrameType

T = TypeVar("T")


class TerminatedError(ForeseenError):
    """SIGTERM ended the run; it has tidied up."""


class OverdueError(ForeseenError):
    """The run reached its time limit."""


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work``; raises KeyboardInterrupt or TerminatedError after its ``finally`` blocks."""
    with _sigterm_like_ctrl_c():
        return asyncio.run(work)


@asynccontextmanager
async def within(limit: timedelta) -> AsyncIterator[None]:
    """Cancel the block after ``limit``; raises OverdueError."""
    timeout = asyncio.timeout(limit.total_seconds())
    try:
        async with timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise OverdueError(f"has not ended within {limit.total_seconds():g} s") from None
        raise


async def uninterrupted(step: Coroutine[Any, Any, T]) -> T:
    """Let a short step come to its end before a cancellation takes effect, so that its outcome is known."""
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait((task,))
        raise


@contextmanager
def _sigterm_like_ctrl_c() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    received = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received = True
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # a shell's background job ignores Ctrl-C
            raise KeyboardInterrupt
        interrupt(number, frame)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        if received:
            raise TerminatedError("ended by SIGTERM") from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
