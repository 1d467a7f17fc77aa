"""What the process is busy with: asyncio tasks, Python's counterpart of goroutines, and threads."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from payment_service.debug.profile import Profile, Sample, Stack, ValueType
from payment_service.debug.stacks import calls, describe, observed_threads, stack_of, thread_frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

_ATTEMPTS = 5
_DEPTH = 1000
_AWAITABLES = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))


@dataclass(frozen=True, slots=True)
class Routine:
    """A task or a thread. Names are left out, for they may be made of a request's data."""

    kind: str
    state: str
    stack: Stack


def routines(loop: asyncio.AbstractEventLoop) -> list[Routine]:
    """Return the loop's tasks and the process's threads, from whichever thread asks.

    A running task is seen twice: as itself, and on top of its loop's thread. Raises RuntimeError when tasks come
    and go so fast that they cannot be listed.
    """
    tasks = [_task(task) for task in _all_tasks(loop)]
    frames = thread_frames()
    main = threading.main_thread().ident
    threads = [
        Routine("thread", "main" if thread.ident == main else "other", stack_of(frames[thread.ident]))
        for thread in observed_threads()
        if thread.ident in frames
    ]
    return tasks + threads


def routine_profile(found: Sequence[Routine]) -> Profile:
    """Count the routines that are at the same place."""
    counts = Counter(found)
    tasks = sum(routine.kind == "task" for routine in found)
    return Profile(
        headline=f"goroutine profile: total {len(found)}",
        sample_types=(ValueType("goroutine", "count"),),
        samples=tuple(
            Sample(routine.stack, (count,), (("kind", routine.kind), ("state", routine.state)))
            for routine, count in counts.items()
        ),
        started=time.time_ns(),
        period_type=ValueType("goroutine", "count"),
        period=1,
        comments=(f"{tasks} asyncio tasks, {len(found) - tasks} threads; the debug port's own threads are left out",),
    )


def await_stack(awaitable: object) -> Stack:
    """Return where a suspended coroutine stands: what it awaits, down to where that waits, innermost first."""
    return tuple(describe(frame) for frame in reversed(list(_awaited_frames(awaitable))))


def _all_tasks(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
    for _ in range(_ATTEMPTS - 1):
        try:
            return asyncio.all_tasks(loop)
        except RuntimeError:  # the set changed while it was read; asyncio has tried a thousand times itself
            time.sleep(0.01)
    return asyncio.all_tasks(loop)


def _task(task: asyncio.Task[Any]) -> Routine:
    coroutine = task.get_coro()
    outermost = next(_awaited_frames(coroutine), None)
    if getattr(coroutine, "cr_running", False) and outermost is not None:
        return Routine("task", "running", _stack_down_to(outermost) or (describe(outermost),))
    waits_for = getattr(task, "_fut_waiter", None)
    state = "ready" if waits_for is None else f"waiting for {type(waits_for).__qualname__}"
    return Routine("task", state, await_stack(coroutine))


def _stack_down_to(outermost: FrameType) -> Stack:
    """Return the running calls from the innermost to ``outermost``, or nothing when it runs no more."""
    for innermost in thread_frames().values():
        frames = list(calls(innermost))
        if outermost in frames:
            return tuple(map(describe, frames[: frames.index(outermost) + 1]))
    return ()


def _awaited_frames(awaitable: object) -> Iterator[FrameType]:
    """Yield the frames of a coroutine and of what it awaits, the outermost first."""
    for _ in range(_DEPTH):
        if awaitable is None:
            return
        for frame_attribute, next_attribute in _AWAITABLES:
            if hasattr(type(awaitable), frame_attribute):
                frame = getattr(awaitable, frame_attribute)
                if frame is not None:
                    yield frame
                awaitable = getattr(awaitable, next_attribute)
                break
        else:
            awaitable = _generator_of(awaitable)


def _generator_of(step: object) -> object:
    """Return the generator that ``__anext__()`` or ``asend()`` drives; only the garbage collector can tell."""
    if not type(step).__name__.startswith("async_generator_"):
        return None
    return next((held for held in gc.get_referents(step) if isinstance(held, AsyncGeneratorType)), None)
