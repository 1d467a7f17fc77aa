"""Work that goes on beside the requests, from start to stop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

#: Seconds that work has to come to an end by itself when it is told to.
GRACE = 5.0

log = structlog.get_logger()


@asynccontextmanager
async def background(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run ``work`` until the block ends: then its event is set, and it is cancelled only when it does not end.

    A defect in it is logged at once, and ends it alone.
    """
    stop = asyncio.Event()
    task = asyncio.create_task(work(stop))
    task.add_done_callback(_report)
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait([task], timeout=GRACE)
        for unfinished in late:
            unfinished.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not longer than until ``stop``."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("background work has ended", exc_info=task.exception())
